import { scoreCase, summariseResults } from '@medseg/metrics';
import { expect, it } from 'vitest';
import { htmlPage, scrolling } from './html-page.ts';
import { drawCase, drawEmerging, renderRunReport } from './index.ts';

it('draws the report of a run inside a page', async () => {
  const truth = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 > 2 && i % 8 < 6 && i > 16 && i < 48 ? 1 : 0));
  const results = ['a', 'b', 'c'].map((id, n) => {
    const probability = Float32Array.from(truth, (inside, i) => (inside && i % (7 + n) !== 0 ? 0.9 : 0.1));
    const grid = { shape: [8, 8] };
    return scoreCase({
      id,
      patient: id,
      grid,
      classNames: ['lesion'],
      truth: [truth],
      probability,
      anchor: probability,
    });
  });
  const image = { height: 8, width: 8, channels: 1, data: Float32Array.from(truth, (_, i) => i) };
  const slice = { image, truth: [truth], probability: Float32Array.from(truth), uncertainty: truth };
  const noisy = new Float32Array(64);
  const page = renderRunReport({
    ...{ title: 'A run', split: 'test', unit: 'px', sizeUnit: 'px', noun: 'images', classNames: ['lesion'] },
    ...{ trainedPatients: 3, trainedSeconds: 4, machine: { backend: 'wasm' }, config: {} },
    training: [1, 2, 3].map((step) => ({ step, phase: 'encoder', loss: 1 / step })),
    results,
    summary: summariseResults(results, { seed: 0 }),
    sampling: { steps: 1, members: 1 },
    panels: [drawCase('Best', results[0]!, slice)],
    emerging: drawEmerging([{ t: 1, noisy, predicted: noisy }], image),
  });
  const shown = new DOMParser().parseFromString(page, 'text/html');
  expect(shown.querySelectorAll('svg')).toHaveLength(5);
  const sizes = [...shown.images].map(async ({ src }) => {
    const picture = new Image();
    picture.src = src;
    await picture.decode();
    return [picture.naturalWidth, picture.naturalHeight];
  });
  expect(await Promise.all(sizes)).toEqual([
    ...Array.from({ length: 6 }, () => [8, 8]), // of the case
    [64, 1], // the colour bar
    ...Array.from({ length: 2 }, () => [8, 8]),
  ]);
});

it.each([
  [400, true],
  [1280, false],
])('says at %i pixels whether a table scrolls', async (width, isWide) => {
  const cells = Array.from({ length: 9 }, (_, i) => `<td>${'column'.padEnd(9, String(i))}</td>`).join('');
  const frame = document.createElement('iframe');
  frame.style.width = `${width}px`;
  frame.srcdoc = htmlPage('A page', scrolling('columns', `<table><tbody><tr>${cells}</tr></tbody></table>`));
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
  document.body.append(frame);
  await loaded;
  const shown = frame.contentDocument!;
  expect(shown.querySelector('.hint')!.checkVisibility()).toBe(isWide);
  expect(shown.documentElement.scrollWidth).toBeLessThanOrEqual(width); // the page itself does not
  frame.remove();
});

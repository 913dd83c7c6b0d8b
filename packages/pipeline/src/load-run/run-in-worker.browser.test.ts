import { startBackend } from '@medseg/test-support';
import { countFrames } from '@medseg/test-support/count-frames';
import { webWorkerEndpoint } from '@medseg/workers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRun } from './load-run.ts';
import type { LoadedRun } from './loaded-run.ts';
import { filesOf, smallImage, smallRun } from './small-run.fixture.ts';

const image = smallImage();
const worker = (): Worker => new Worker(new URL('./web-run.fixture.ts', import.meta.url), { type: 'module' });
let run: LoadedRun;

beforeAll(async () => {
  await startBackend('wasm');
  // The network that medseg train makes, at its own size: a step of it takes a while.
  const files = await filesOf(await smallRun({ size: 64, network: {} }));
  run = await loadRun(files, { worker: webWorkerEndpoint(worker()) });
  await run.segment(image, { samplingSteps: 1, members: 1 }); // compiled from here on
});
afterAll(() => run.dispose());

it('a page draws at least ten frames a second while a worker segments', async () => {
  const shares: number[] = [];
  const { perSecond, seconds } = await countFrames(async () => {
    await run.segment(image, { members: 20, samplingSteps: 10, onProgress: (share) => void shares.push(share) });
  });
  expect(shares).toHaveLength(10);
  expect(seconds).toBeGreaterThan(0.5); // long enough to say something
  expect(perSecond).toBeGreaterThanOrEqual(10);
});

it('an abort from a timer of the page is heard within one sampling step', async () => {
  const abort = new AbortController();
  let steps = 0;
  let atAbort = -1;
  const segmenting = run.segment(image, {
    members: 20,
    samplingSteps: 1000,
    signal: abort.signal,
    onProgress: () => {
      if (++steps === 2)
        setTimeout(() => {
          atAbort = steps;
          abort.abort(new Error('enough'));
        }, 0);
    },
  });
  await expect(segmenting).rejects.toThrow('enough');
  expect(atAbort).toBeGreaterThanOrEqual(2);
  // The step that runs when the message is sent, and one that may have begun while it was on its way.
  expect(steps - atAbort).toBeLessThanOrEqual(2);
});

it('a worker segments to the last bit as the page does', async () => {
  const here = await loadRun(await smallRun());
  const there = await loadRun(await smallRun(), { worker: webWorkerEndpoint(worker()) });
  expect(await there.segment(image, { files: true })).toEqual(await here.segment(image, { files: true }));
  await here.dispose();
  await there.dispose();
});

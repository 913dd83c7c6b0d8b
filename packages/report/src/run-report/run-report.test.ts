import { summariseResults } from '@medseg/metrics';
import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { drawCase, exemplars } from './case-panel.ts';
import { drawEmerging } from './emerging.ts';
import { type RunReport, renderRunReport } from './run-report.ts';

const results = [0.2, 0.9, 0.5, 0.7].map((dice, i) => caseResult(`<${i}>`, `p${i >> 1}`, { dice }));
const slice = {
  image: { height: 1, width: 2, channels: 1, data: [0, 1] },
  truth: [Uint8Array.of(0, 1)],
  probability: Float32Array.of(0.1, 0.9),
  uncertainty: [0, 1],
};
const report: RunReport = {
  ...{ title: 'Run & report', split: 'test', unit: 'px', sizeUnit: 'px', noun: 'images', classNames: ['lesion'] },
  ...{ trainedPatients: 1, trainedSeconds: 150, machine: { backend: 'wasm' }, config: { seed: 1 } },
  training: [{ step: 1, phase: 'encoder', loss: 0.5 }],
  results,
  summary: summariseResults(results, { seed: 0 }),
  sampling: { steps: 3, members: 5 },
  panels: exemplars(results).map(({ title, result }) => drawCase(title, result, slice)),
  emerging: drawEmerging([{ t: 9, noisy: Float32Array.of(-1, 1), predicted: Float32Array.of(-1, 1) }], slice.image),
};

it('takes the best, the median and the worst, each once', () => {
  const chosen = exemplars(results).map(({ title, result }) => [title, result.dice]);
  expect(chosen).toEqual([
    ['Best', 0.9],
    ['Median', 0.7],
    ['Worst', 0.2],
  ]);
  expect(exemplars(results.slice(0, 1)).map(({ title }) => title)).toEqual(['Best']);
});

it('is one page that needs nothing else', () => {
  const page = renderRunReport(report);
  expect(page).toMatch(/^<!doctype html>[\s\S]*<title>Run &amp; report<\/title>/);
  expect(page).toContain('1 training step in 2.5 minutes on wasm; 1 patient to train on.');
  expect(page).toContain('Mean over 4 images of 2 test patients');
  expect(page).toContain('Truth in blue, prediction in yellow.');
  expect(page.match(/<img /g)).toHaveLength(3 * 4 + 2);
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|NaN|undefined|<0>/);
});

it('names several classes in their colours, and says which slice of a volume is shown', () => {
  const page = renderRunReport({ ...report, noun: 'volumes', sizeUnit: 'mm³', classNames: ['left', 'right'] });
  expect(page).toContain('Of each volume the slice with the most of the truth is shown.');
  expect(page).toContain('background:rgb(255 214 10)"></span>right');
  expect(page).toContain('Volumes (Bland-Altman)');
});

it('reports a network without an anchor', () => {
  const alone = results.map(({ anchor, otsu, reliability: { ensemble }, ...scores }) => ({
    ...scores,
    reliability: { ensemble },
  }));
  const page = renderRunReport({ ...report, results: alone, summary: summariseResults(alone, { seed: 0 }) });
  expect(page).not.toMatch(/anchor head|anchor Dice|NaN|undefined/);
  expect(page).toContain('diffusion ensemble</b> AURC');
});

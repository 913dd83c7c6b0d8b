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
  footer: 'medseg 1.2.3, 2026-11-30',
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
  expect(page).toContain('background:rgb(60 200 255)"></span>truth');
  expect(page.match(/<img /g)).toHaveLength(3 * 6 + 1 + 2); // of the cases, the colour bar, the emerging mask
  expect(page.match(/<img [^>]*alt="[^"]+"/g)).toHaveLength(3 * 6 + 1 + 2);
  expect(page.replaceAll('http://www.w3.org/2000/svg', '').replace(/<script>[^<]*<\/script>/, '')).not.toMatch(
    /https?:|NaN|undefined|<0>/,
  );
  expect(page).toContain('<footer class="quiet small"><p>medseg 1.2.3, 2026-11-30</p></footer>');
});

it('names several classes in their colours, and says which slice of a volume is shown', () => {
  const page = renderRunReport({ ...report, noun: 'volumes', sizeUnit: 'mm³', classNames: ['left', 'right'] });
  expect(page).toContain('Of each volume the slice with the most of the truth is shown.');
  expect(page).toContain('background:rgb(255 214 10)"></span>right');
  expect(page).toContain('Volumes (Bland-Altman)');
});

it('says what validation patients were used for, and test patients were not', () => {
  expect(renderRunReport(report)).toContain('used neither to train the weights nor to choose them');
  const validation = renderRunReport({ ...report, split: 'validation' });
  expect(validation).toContain('of 2 validation patients');
  expect(validation).toContain('the weights that were kept are those with the best Dice on them');
  const all = renderRunReport({ ...report, split: 'all', notes: ['2 of 4 images are of <patients> trained on.'] });
  expect(all).toContain('each at its own size. 2 of 4 images are of &lt;patients&gt; trained on. The ensemble');
  expect(all).toContain('Mean over 4 images of 2 patients, each');
});

it('tests the ensemble against its anchor, patient by patient, and says what the anchor had', () => {
  const anchor = { ...results[0]!.anchor!, dice: 0.1 };
  const page = renderRunReport({ ...report, results: results.map((r) => ({ ...r, anchor })), anchorShare: 0.6 });
  // Differences 0.1, 0.8, 0.4 and 0.6, of two patients: 0.45 and 0.5, both above 0.
  expect(page).toMatch(
    /Dice <span[^>]*>higher is better<\/span><\/th><td class="number">\+0\.475 \[\+0\.450, \+0\.500\]<\/td><td class="number">0\.500<\/td><td class="number">2<\/td><td class="number">4<\/td>/,
  );
  expect(page).toContain('The anchor was trained with 60 % of the budget');
  expect(renderRunReport({ ...report, anchorShare: 1 })).not.toContain('of the budget');
});

it('reports the anchor alone under its name, and a run that was not trained here', () => {
  const alone = results.map(({ anchor, reliability, ...scores }) => ({
    ...{ ...scores, method: 'anchor' as const },
    reliability: { anchor: reliability.ensemble },
  }));
  const { trainedPatients, trainedSeconds, ...rest } = report;
  const page = renderRunReport({
    ...{ ...rest, results: alone, summary: summariseResults(alone, { seed: 0 }), training: [], emerging: [] },
    panels: [drawCase('Best', alone[0]!, slice)],
  });
  expect(page).toContain('Scored is the anchor head alone');
  expect(page).toContain('Dice of the anchor head alone 0.200');
  expect(page).not.toMatch(/ensemble|training step|emerging from noise|undefined|NaN<|<h2 id="training"/);
});

it('shows every case with its volume in millilitres, and each class, in a table that sorts', () => {
  const own = { ...results[0]!, area: 1500, trueArea: 2000 };
  const classes = [
    { ...own, name: 'left <', dice: 0.25 },
    { ...own, name: 'right', area: 0 },
  ];
  const page = renderRunReport({ ...report, sizeUnit: 'mm³', noun: 'volumes', results: [{ ...own, classes }] });
  expect(page).toContain('<th scope="col" class="number">volume (ml)</th>');
  expect(page).toContain('<th scope="col" class="number">left &lt;: Dice</th>');
  expect(page).toContain(
    '<td class="number">0.250</td><td class="number">1.50</td><td class="number">2.00</td><td class="number">0.200</td><td class="number">0.00</td>',
  );
  expect(page).toMatch(/<table class="small sortable">[\s\S]*<script>/);
});

it('marks where a slice lies, and the sides of the patient', () => {
  const place = {
    ...{ number: 34, of: 128, plane: 'axial' },
    sides: { left: 'R', right: 'L', top: 'A', bottom: 'P' },
  };
  const page = renderRunReport({ ...report, panels: [drawCase('Best', results[0]!, { ...slice, place })] });
  expect(page).toContain('axial slice 34 of 128');
  expect(page).toContain('<span class="side left" aria-hidden="true">R</span>');
  expect(page).toContain('alt="errors of &lt;0&gt;, axial slice 34 of 128"');
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

it('shows several annotators beside members, and the scores against each of them', () => {
  const ensemble = { samples: 2, annotatorDice: 0.625, ged: 0.125, hungarianIou: 0.5 };
  const own = { ...results[0]!, annotators: { count: 3, ensemble } };
  const mask = Uint8Array.of(0, 1);
  const annotators = [{ name: '<Ann>', masks: [mask] }, { masks: [mask] }, { masks: [mask] }];
  const members = Array.from({ length: 9 }, () => [mask]);
  const panel = drawCase('Best', own, { ...slice, prediction: [Uint8Array.of(1, 0)], annotators, members });
  expect(panel.readers!.map((row) => row.map(({ caption }) => caption))).toEqual([
    ['<Ann>', 'annotator 2', 'annotator 3'],
    Array.from({ length: 8 }, (_, m) => `member ${m + 1}`),
  ]);
  expect(panel.pictures[2]!.uri).not.toBe(drawCase('Best', own, slice).pictures[2]!.uri);
  expect(drawCase('Best', own, { ...slice, members })).not.toHaveProperty('readers');
  const sampling = { steps: 3, members: 2, fuse: 'staple' };
  const page = renderRunReport({ ...report, results: [own, results[1]!], sampling, panels: [panel] });
  expect(page).toContain('alt="&lt;Ann&gt; of &lt;0&gt;"');
  expect(page).toContain('<th scope="row">GED</th><td class="number">0.125</td>');
  expect(page).toContain('1 of 2 images with 3 annotators, 2 members');
  expect(page).toContain('of 3 steps each, its mask being that of STAPLE; probability, ECE');
  expect(page).toContain('<th scope="col" class="number">Hungarian IoU</th>');
  expect(renderRunReport(report)).not.toMatch(/annotator|GED|its mask being/);
});

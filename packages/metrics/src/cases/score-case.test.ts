import { describe, expect, it } from 'vitest';
import { reliabilityBins } from '../calibration/reliability.ts';
import { casesCsv } from './csv.ts';
import { classTable } from './format.ts';
import { compareMasks } from './mask-comparison.ts';
import { methodsOf } from './methods.ts';
import { METRICS } from './metrics.ts';
import { type SegmentedCase, scoreCase } from './score-case.ts';
import { summariseResults } from './summary.ts';

const upper = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0);
const lower = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0);
const sure = (mask: Uint8Array): Float32Array => Float32Array.from(mask, (inside) => (inside ? 0.75 : 0.25));
const sideBySide = (a: Float32Array, b: Float32Array): Float32Array =>
  Float32Array.from({ length: 2 * a.length }, (_, i) => (i % 2 ? b : a)[i >> 1]!);

const one: SegmentedCase = {
  ...{ id: 'a1', patient: 'a', grid: { shape: [4, 4], spacing: [2, 0.5] }, classNames: ['lesion'] },
  truth: [lower],
  probability: sure(upper),
  anchor: sure(lower),
  intensities: { data: lower, channels: 1 },
};
const two: SegmentedCase = {
  ...one,
  classNames: ['left', 'right'],
  truth: [lower, new Uint8Array(16)],
  probability: sideBySide(sure(upper), sure(new Uint8Array(16))),
  anchor: undefined,
};

describe('a case of one class', () => {
  it('has the scores of the ensemble beside those of the anchor and of Otsu’s threshold', () => {
    const { dice, hausdorff95, area, trueArea, ece, anchor, otsu, classes, reliability } = scoreCase(one);
    // 4 pixels of 1 mm²; straight down is a row of 2 mm; 14 pixels say 0.25 or 0.75 and 2 of each are wrong.
    expect({ dice, hausdorff95, area, trueArea }).toEqual({ dice: 0.5, hausdorff95: 2, area: 4, trueArea: 4 });
    expect(ece).toBeCloseTo((12 * Math.abs(0.25 - 2 / 12) + 4 * Math.abs(0.75 - 0.5)) / 16, 12);
    expect([anchor!.dice, anchor!.ece, otsu!.dice, classes]).toEqual([1, 0.25, 1, undefined]);
    expect(reliability.ensemble).toEqual(reliabilityBins(one.probability, lower));
  });
});

describe('a case of several classes', () => {
  it('has the means over the classes, and sums of sizes', () => {
    const { dice, hausdorff95, area, trueArea, otsu, classes, reliability } = scoreCase(two);
    expect(classes!.map((each) => [each.name, each.dice, each.hausdorff95, each.trueArea])).toEqual([
      ['left', 0.5, 2, 4],
      ['right', 1, Number.NaN, 0],
    ]);
    expect({ dice, hausdorff95, area, trueArea, otsu }).toEqual({
      ...{ dice: 0.75, hausdorff95: 2, area: 4, trueArea: 4, otsu: undefined },
    });
    expect(reliability.ensemble!.reduce((sum, { count }) => sum + count, 0)).toBe(32);
  });

  it('counts in the table of classes what was missed, and what was found where nothing is', () => {
    const none = sure(new Uint8Array(16));
    const missed = scoreCase({ ...two, truth: [lower, lower], probability: sideBySide(sure(upper), none) });
    const spurious = scoreCase({ ...two, probability: sideBySide(sure(upper), sure(lower)) });
    expect(classTable([missed, spurious, scoreCase(two)], 'mm').rows.map((row) => row.slice(-2))).toEqual([
      ['0 of 3', '0 of 0'],
      ['1 of 1', '1 of 2'],
    ]);
  });

  it('makes a row per class in the table of classes', () => {
    expect(classTable([scoreCase(two)], 'mm')).toEqual({
      head: ['class', 'Dice', 'IoU', 'Hausdorff 95 (mm)', 'missed', 'spurious'],
      rows: [
        ['left', '0.500', '0.333', '2.00', '0 of 1', '0 of 0'],
        ['right', '1.000', '1.000', '–', '0 of 0', '0 of 1'],
      ],
    });
    expect(classTable([scoreCase(one)], 'mm').rows).toEqual([]);
  });
});

describe('a case that only the anchor has segmented', () => {
  const alone: SegmentedCase = { ...one, method: 'anchor', anchor: undefined };

  it('has its scores under the name of the anchor, and none of an ensemble', () => {
    const result = scoreCase(alone);
    expect(methodsOf([result]).map(({ key, scoresOf }) => [key, scoresOf(result)!.dice])).toEqual([
      ['anchor', 0.5],
      ['otsu', 1],
    ]);
    expect(Object.keys(result.reliability)).toEqual(['anchor']);
    expect(Object.keys(summariseResults([result], { seed: 0 }))).toEqual(['anchor', 'otsu']);
    expect(casesCsv([result])).toMatch(/^image,patient,true_area,anchor_dice,.*\r\na1,a,4,0\.5,/);
  });

  it('cannot have a second map of the anchor', () => {
    expect(() => scoreCase({ ...one, method: 'anchor' })).toThrow('a1 has the anchor');
  });
});

it.each<[string, Partial<SegmentedCase>, string]>([
  ['another number of names', { classNames: [] }, 'a1 needs a true mask for each class, got 1 for 0 classes'],
  ['a map of another size', { probability: new Float32Array(8) }, 'probability of a1 must have 16 values'],
  ['an anchor of another size', { anchor: new Float32Array(32) }, 'anchor of a1 must have 16 values'],
  ['another grid', { grid: { shape: [4, 5] } }, 'must fill the shape [4, 5]'],
])('refuses %s', (_, change, rule) => {
  expect(() => scoreCase({ ...one, ...change })).toThrow(RangeError);
  expect(() => scoreCase({ ...one, ...change })).toThrow(rule);
});

it('computes what metrics share once, and only when one asks', () => {
  const comparison = compareMasks(upper, lower, { shape: [4, 5] });
  expect(comparison.counts).toBe(comparison.counts);
  const byKey = new Map(METRICS.flatMap((metric) => (metric.of === 'mask' ? [[metric.key, metric.value]] : [])));
  expect(byKey.get('dice')!(comparison)).toBe(0.5); // the grid is wrong, and Dice does not need it
  expect(() => byKey.get('assd')!(comparison)).toThrow('must fill the shape');
});

describe('pixels to ignore', () => {
  // The lower mask's last row, which the prediction misses, and a corner where it is wrong.
  const ignored = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
  const all = scoreCase({ ...one, ignored });

  it('are in no score, no size and no bin', () => {
    // Left are 4 predicted pixels and the 2 true ones among them, 1 mm² each, in 13 pixels.
    expect(all).toMatchObject({ dice: 2 / 3, iou: 0.5, sensitivity: 1, precision: 0.5, area: 4, trueArea: 2 });
    expect(all.ece).toBeCloseTo((9 * 0.25 + 4 * Math.abs(0.75 - 0.5)) / 13, 12);
    expect(all.reliability.ensemble!.reduce((sum, { count }) => sum + count, 0)).toBe(13);
    expect([all.ignoredPixels, scoreCase(one).ignoredPixels]).toEqual([3, undefined]);
    expect(all.otsu).toMatchObject({ dice: 1, area: 2 });
    expect(all.anchor).toMatchObject({ dice: 1, area: 2 });
    expect(all.confidence).toBeCloseTo((2 * 4 * 0.75) / (4 * 0.75 + 9 * 0.25 + 4), 12);
  });

  it('leave distances between the surfaces of what is left', () => {
    // The second row of the prediction is the true one; the first lies a row of 2 mm away.
    expect([all.hausdorff95, all.assd]).toEqual([2, 2 / 3]);
  });

  it('may hold anything, and leave out a class that is nowhere else', () => {
    const other = lower.map((value, i) => (ignored[i] ? 1 - value : value));
    const probability = one.probability.map((value, i) => (ignored[i] ? 1 - value : value));
    expect(scoreCase({ ...one, truth: [other], probability, ignored })).toEqual(all);
    const hidden = scoreCase({ ...two, truth: [lower, ignored], ignored });
    expect(hidden.classes!.map(({ dice, trueArea }) => [dice, trueArea])).toEqual([
      [2 / 3, 2],
      [1, 0],
    ]);
  });

  it('are scored in volumes too', () => {
    const volume = { shape: [2, 4, 4], spacing: [1, 1, 1] };
    // The second slice, all of it wrong, does not count.
    const scores = scoreCase({
      ...{ id: 'v', patient: 'v', grid: volume, classNames: ['lesion'] },
      truth: [Uint8Array.from([...lower, ...upper])],
      probability: Float32Array.from([...sure(lower), ...sure(lower)]),
      ignored: Uint8Array.from({ length: 32 }, (_, i) => (i < 16 ? 0 : 1)),
    });
    expect(scores).toMatchObject({ dice: 1, hausdorff95: 0, area: 4, trueArea: 4, ece: 0.25, ignoredPixels: 16 });
  });

  it('must leave something, and be one per pixel', () => {
    expect(() => scoreCase({ ...one, ignored: new Uint8Array(16).fill(1) })).toThrow(
      'scoreCase: a1 must have a pixel that counts, all 16 are ignored',
    );
    expect(() => scoreCase({ ...one, ignored: new Uint8Array(4) })).toThrow(
      'ignored must have one value for each of 16 pixels, got 4',
    );
  });
});

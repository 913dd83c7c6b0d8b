import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Mask } from './arrays.ts';
import { dice } from './overlap/overlap.ts';
import { bootstrapInterval } from './statistics/bootstrap.ts';
import { CumulativeMetric, type Reduction, reduce } from './statistics/cumulative.ts';
import { summarise } from './statistics/summary.ts';
import { toCsv, toJson, toMarkdown } from './statistics/table.ts';
import { wilcoxonSignedRank } from './statistics/wilcoxon.ts';

const rows = [
  [0.9, Number.NaN],
  [0.7, 0.5],
  [Number.NaN, Number.NaN],
];

/** A small seeded generator, so that the test does not depend on another package. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('reductions leave NaN out and count what is in, as MONAI', () => {
  const read = (reduction: Reduction) => reduce(rows, { reduction });
  expect(read('mean').values[0]).toBeCloseTo((0.9 + 0.6) / 2, 12);
  expect(read('mean').counts).toEqual([2]);
  expect(read('sum').values[0]).toBeCloseTo(2.1, 12);
  expect(read('sum').counts).toEqual([3]);
  expect(read('mean_batch').values[0]).toBeCloseTo(0.8, 12);
  expect(read('mean_batch')).toMatchObject({ counts: [2, 1] });
  expect(read('sum_batch').values[1]).toBe(0.5);
  expect(read('mean_channel').values).toEqual([0.9, 0.6, Number.NaN]);
  expect(read('sum_channel').values).toEqual([0.9, 1.2, 0]);
  expect(read('none').counts).toEqual([1, 0, 1, 1, 0, 0]);
});

test('the other rules: NaN spoils, a number stands in, 0 for nothing as MONAI', () => {
  expect(reduce(rows, { nan: 'propagate' }).values[0]).toBeNaN();
  expect(reduce(rows, { nan: 0 }).values[0]).toBeCloseTo((0.45 + 0.6 + 0) / 3, 12);
  expect(reduce(rows, { reduction: 'mean_channel', none: 0 }).values).toEqual([0.9, 0.6, 0]);
  expect(reduce([]).values[0]).toBeNaN();
  expect(() => reduce([[1], [1, 2]])).toThrow('row 0 has 1, row 1 2');
});

test('a cumulative metric gathers, reduces and forgets', () => {
  const metric = new CumulativeMetric((p: Mask, t: Mask) => dice(p, t, { empty: 'ignore' }));
  expect(metric.update(Uint8Array.of(1, 0), Uint8Array.of(1, 0))).toEqual([1]);
  metric.update(Uint8Array.of(1, 0), Uint8Array.of(0, 0)); // no truth: left out
  metric.update(Uint8Array.of(1, 1), Uint8Array.of(0, 1));
  expect(metric.aggregate().values[0]).toBeCloseTo((1 + 2 / 3) / 2, 12);
  expect(metric.aggregate().counts).toEqual([2]);
  metric.reset();
  expect(metric.values).toEqual([]);
  const classes = new CumulativeMetric((values: number[]) => values);
  classes.update([1, 2]);
  expect(() => classes.update([1])).toThrow('each case must give 2 values, got 1');
});

test('bootstrap: repeatable, brackets the estimate, wider when images share patients', () => {
  const values = Array.from({ length: 40 }, (_, i) => 0.5 + 0.4 * Math.sin(Math.floor(i / 8) * 2.1));
  const patients = values.map((_, i) => `p${Math.floor(i / 8)}`);
  const alone = bootstrapInterval(values, { random: generator(1) });
  const shared = bootstrapInterval(values, { patients, random: generator(1) });
  expect(bootstrapInterval(values, { patients, random: generator(1) })).toEqual(shared);
  expect(shared.estimate).toBeCloseTo(alone.estimate, 12);
  expect(shared.low < shared.estimate && shared.estimate < shared.high).toBe(true);
  expect(shared.high - shared.low).toBeGreaterThan(1.5 * (alone.high - alone.low));
  expect(bootstrapInterval([0.5, 0.5, Number.NaN], { random: generator(2) })).toEqual({
    estimate: 0.5,
    low: 0.5,
    high: 0.5,
  });
  expect(bootstrapInterval([Number.NaN], { random: generator(2) }).low).toBeNaN();
  expect(() => bootstrapInterval([1], { patients: [], random: generator(1) })).toThrow('got 0 for 1');
  expect(() => bootstrapInterval([1], { random: () => 1 })).toThrow('[0, 1)');
});

test('bootstrap covers the mean about as often as it says', () => {
  const random = generator(11);
  let hits = 0;
  for (let run = 0; run < 200; run++) {
    const values = Array.from({ length: 40 }, () => random());
    const { low, high } = bootstrapInterval(values, { random, resamples: 300 });
    if (low <= 0.5 && 0.5 <= high) hits++;
  }
  expect(hits).toBeGreaterThan(174); // 0.95 of 200 less four deviations, and a little for the percentile method
});

test('Wilcoxon: published example, counted tails, symmetry', () => {
  // Five pairs, all better: 2 / 2^5.
  expect(wilcoxonSignedRank([2, 3, 4, 5, 6], [1, 1, 1, 1, 1]).pValue).toBe(0.0625);
  // Darwin's maize, in Wilcoxon's and R's manual: V = 96, p = 0.04126.
  const cross = [23.5, 12, 21, 22, 19.1, 21.5, 22.1, 20.4, 18.3, 21.6, 23.3, 21, 22.1, 23, 12];
  const self = [17.4, 20.4, 20, 20, 18.4, 18.6, 18.6, 15.3, 16.5, 18, 16.3, 18, 12.8, 15.5, 18];
  const result = wilcoxonSignedRank(cross, self);
  expect([result.positive, result.negative]).toEqual([96, 24]);
  expect(result.pValue).toBeCloseTo(0.04126, 4);
  expect(wilcoxonSignedRank([1, 2], [1, 2])).toMatchObject({ pValue: 1, pairs: 0, shift: 0 });
  expect(wilcoxonSignedRank([1, Number.NaN, 3], [2, 2, 2]).pairs).toBe(2);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 9 }), (differences) => {
      const zeros = differences.map(() => 0);
      const { pValue, positive, negative } = wilcoxonSignedRank(differences, zeros);
      expect(pValue).toBe(wilcoxonSignedRank(zeros, differences).pValue);
      // Count every assignment of signs.
      const sizes = differences.filter((d) => d !== 0).map(Math.abs);
      let extreme = 0;
      for (let signs = 0; signs < 2 ** sizes.length; signs++) {
        const flipped = wilcoxonRanks(sizes.map((size, i) => ((signs >> i) & 1 ? size : -size)));
        if (Math.min(...flipped) <= Math.min(positive, negative)) extreme++;
      }
      expect(pValue).toBeCloseTo(Math.min(1, extreme / 2 ** sizes.length), 9);
    }),
    { numRuns: 40 },
  );
});

/** Rank sums above and below 0, by definition. */
function wilcoxonRanks(differences: number[]): [number, number] {
  const rank = (d: number): number => {
    const smaller = differences.filter((e) => Math.abs(e) < Math.abs(d)).length;
    const equal = differences.filter((e) => Math.abs(e) === Math.abs(d)).length;
    return smaller + (equal + 1) / 2;
  };
  const sum = (list: number[]) => list.reduce((s, d) => s + rank(d), 0);
  return [sum(differences.filter((d) => d > 0)), sum(differences.filter((d) => d < 0))];
}

test('Wilcoxon: the normal approximation above 50 pairs', () => {
  const spread = (n: number) => Array.from({ length: n }, (_, i) => (i % 3 === 0 ? -1 : 1) * (i + 1));
  // Twice the normal tail beyond z, by Simpson's rule.
  const tails = (z: number): number => {
    let sum = 0;
    for (let i = 0; i <= 2000; i++)
      sum += (i === 0 || i === 2000 ? 1 : i % 2 ? 4 : 2) * Math.exp(-(((i * z) / 2000) ** 2) / 2);
    return 1 - (2 * sum * z) / 2000 / 3 / Math.sqrt(2 * Math.PI);
  };
  for (const n of [50, 51]) {
    const { statistic, pValue, method } = wilcoxonSignedRank(spread(n), new Float64Array(n));
    const z = Math.abs(statistic - (n * (n + 1)) / 4) / Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    expect(method).toBe(n === 50 ? 'exact' : 'normal');
    expect(pValue).toBeCloseTo(tails(z), n === 50 ? 2 : 9);
  }
  const far = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(wilcoxonSignedRank(far, new Float64Array(100)).pValue / 3.896559845095956e-18).toBeCloseTo(1, 9);
});

test('summary, Markdown, CSV and JSON', () => {
  const summary = summarise([3, 1, 2, Number.NaN, 4]);
  expect(summary).toMatchObject({
    count: 4,
    missing: 1,
    mean: 2.5,
    minimum: 1,
    median: 2.5,
    maximum: 4,
    lowerQuartile: 1.75,
  });
  expect(summary.deviation).toBeCloseTo(Math.sqrt(5 / 3), 12);
  expect(summarise([]).mean).toBeNaN();
  const table = {
    columns: ['case', 'Dice', 'HD95'],
    rows: [
      ['a|b', 0.81234, Number.NaN],
      ['c,"d"', 1, Number.POSITIVE_INFINITY],
    ],
  };
  expect(toMarkdown(table)).toBe(
    '| case | Dice | HD95 |\n| --- | ---: | ---: |\n| a\\|b | 0.812 | – |\n| c,"d" | 1 | ∞ |\n',
  );
  expect(toCsv(table)).toBe('case,Dice,HD95\r\na|b,0.81234,NaN\r\n"c,""d""",1,Infinity\r\n');
  const texts = ['=cmd()', '+1+2', '-x', '@a', '\tb', '-', '+', '-12', '-1e5', "'", 'a=b', ''];
  expect(toCsv({ columns: ['text'], rows: [...texts, -3].map((text) => [text]) }).split('\r\n')).toEqual(
    ['text', "'=cmd()", "'+1+2", "'-x", "'@a", "'\tb", '-', '+', '-12', '-1e5', "'", 'a=b', '', '-3', ''], // prettier-ignore
  );
  expect(JSON.parse(toJson(table))).toEqual([
    { case: 'a|b', Dice: 0.81234, HD95: 'NaN' },
    { case: 'c,"d"', Dice: 1, HD95: 'Infinity' },
  ]);
  expect(() => toCsv({ columns: ['a'], rows: [[1, 2]] })).toThrow('each row must have 1 cells, row 0 has 2');
  expect(() => toJson({ columns: ['a', 'a'], rows: [] })).toThrow('names of their own');
});

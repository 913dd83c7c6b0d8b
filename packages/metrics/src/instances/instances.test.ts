import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gridOfMasks } from '../masks.fixture.ts';
import { dice, iou } from '../overlap/overlap.ts';
import { type Connectivity, connectedComponents } from './connected-components.ts';
import { BRATS_2023, lesionWise } from './lesions.ts';
import { panopticQuality } from './panoptic-quality.ts';

/** A mask drawn with characters. */
function draw(...rows: string[]): { mask: Uint8Array; shape: number[] } {
  const mask = Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0));
  return { mask, shape: [rows.length, rows[0]!.length] };
}

test('parts hang together by the connectivity asked for', () => {
  const { mask, shape } = draw('#..#', '.#.#', '...#', '##..');
  expect([...connectedComponents(mask, { shape, connectivity: 4 }).labels]).toEqual([
    1, 0, 0, 2, 0, 3, 0, 2, 0, 0, 0, 2, 4, 4, 0, 0,
  ]);
  expect(connectedComponents(mask, { shape }).count).toBe(3);
  const cube = Uint8Array.of(1, 0, 0, 1, 0, 1, 1, 0); // face diagonals only
  const counts = ([6, 18, 26] as Connectivity[]).map(
    (connectivity) => connectedComponents(cube, { shape: [2, 2, 2], connectivity }).count,
  );
  expect(counts).toEqual([4, 1, 1]);
  const corners = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1);
  expect(connectedComponents(corners, { shape: [2, 2, 2], connectivity: 18 }).count).toBe(2);
  expect(connectedComponents(corners, { shape: [2, 2, 2], connectivity: 26 }).count).toBe(1);
  expect(() => connectedComponents(mask, { shape, connectivity: 6 })).toThrow(
    'connectivity must be 4 or 8 on 2 axes, got 6',
  );
});

test('a U that closes late is one part', () => {
  const { mask, shape } = draw('#.#.#', '#.#.#', '###.#', '..###');
  expect(connectedComponents(mask, { shape, connectivity: 4 }).count).toBe(1);
});

test('labels are numbered by first pixel, cover the mask and split it finer with fewer neighbours', () => {
  fc.assert(
    fc.property(gridOfMasks(1), ({ shape, masks: [mask] }) => {
      const few = connectedComponents(mask!, { shape, connectivity: shape.length === 2 ? 4 : 6 });
      const many = connectedComponents(mask!, { shape });
      expect(few.count).toBeGreaterThanOrEqual(many.count);
      const seen: number[] = [];
      for (const [i, label] of few.labels.entries()) {
        expect(label > 0).toBe(mask![i] === 1);
        if (label > 0 && !seen.includes(label)) seen.push(label);
      }
      expect(seen).toEqual(Array.from({ length: few.count }, (_, k) => k + 1));
    }),
  );
});

test('lesions are compared one by one', () => {
  const truth = draw('##....#', '##....#', '.......', '.......', '.......', '...#...');
  const prediction = draw('##.....', '.#.....', '.....#.', '.......', '.......', '...#...');
  const result = lesionWise(prediction.mask, truth.mask, { shape: truth.shape, spacing: [2, 1] });
  expect(result.lesions).toEqual([
    { volume: 8, detected: true, dice: 6 / 7 },
    { volume: 4, detected: false, dice: 0 },
    { volume: 2, detected: true, dice: 1 },
  ]);
  expect([result.truePositives, result.falseNegatives, result.falsePositives]).toEqual([2, 1, 1]);
  expect(result.dice).toBeCloseTo((6 / 7 + 0 + 1) / 4, 12);
  expect(result.f1).toBeCloseTo(4 / 6, 12);
  // Grown by one pixel, the prediction beside the second lesion touches it.
  const near = lesionWise(prediction.mask, truth.mask, { shape: truth.shape, dilation: 1 });
  expect([near.falsePositives, near.lesions[1]!.detected, near.lesions[1]!.dice]).toEqual([0, true, 0]);
  const large = lesionWise(prediction.mask, truth.mask, { shape: truth.shape, minimumVolume: 2 });
  expect(large.lesions).toHaveLength(1);
  expect(lesionWise(truth.mask, truth.mask, { shape: truth.shape, ...BRATS_2023 }).dice).toBe(1);
});

test('one lesion that is hit gives its Dice; an empty image gives 1', () => {
  const a = draw('....', '.##.', '.##.', '....');
  const b = draw('....', '..##', '..##', '....');
  expect(lesionWise(a.mask, b.mask, { shape: a.shape }).dice).toBeCloseTo(dice(a.mask, b.mask), 12);
  const empty = new Uint8Array(16);
  expect(lesionWise(empty, empty, { shape: a.shape }).dice).toBe(1);
  expect(lesionWise(a.mask, empty, { shape: a.shape }).dice).toBe(0);
});

test('panoptic quality by hand, and of a map with itself', () => {
  const prediction = Uint8Array.of(1, 1, 1, 0, 2, 0, 3, 3);
  const truth = Uint8Array.of(1, 1, 0, 0, 0, 2, 3, 3);
  // Instance 1 matches with IoU 2/3, instance 3 with 1; one false on either side.
  const result = panopticQuality(prediction, truth);
  expect(result.segmentation).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(result.recognition).toBeCloseTo(2 / 3, 12);
  expect(result.quality).toBeCloseTo((2 / 3 + 1) / 3, 12);
  fc.assert(
    fc.property(gridOfMasks(1), ({ shape, masks: [mask] }) => {
      const { labels, count } = connectedComponents(mask!, { shape });
      expect(panopticQuality(labels, labels).quality).toBe(count === 0 ? Number.NaN : 1);
    }),
  );
  expect(iou(Uint8Array.of(1, 1, 1), Uint8Array.of(1, 1, 0))).toBeCloseTo(2 / 3, 12);
  expect(() => panopticQuality(Float32Array.of(0.5), Uint8Array.of(0))).toThrow('prediction[0] is 0.5');
  expect(() => panopticQuality(truth, truth, { threshold: 0.3 })).toThrow('threshold');
});

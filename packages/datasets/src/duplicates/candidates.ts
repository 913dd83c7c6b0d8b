import { createRandom } from '@medseg/random';

/** Up to so many items every pair is a candidate. */
const FEW = 48;

/** Tables of buckets; a pair must share a bucket of one of them. */
const TABLES = 24;

/** The least length of a key, and about how many items a bucket is to have. */
const KEY = { least: 6, perBucket: 4 };

/** The largest root mean square difference of two candidates' values, in standard deviations over all items. */
const FARTHEST = 0.6;

/**
 * Pairs of items whose values are near each other, [first, second] with first < second, each once. An item has several
 * sets of values, of which the first is compared with any of a later item's. `relevant` leaves out pairs, and is asked
 * when their turn comes, so that it can leave out what earlier pairs have settled; `isSettled` says that an item adds
 * nothing where another one is.
 *
 * By locality-sensitive hashing (Indyk and Motwani 1998): whether values are over their median makes the bits of a
 * perceptual hash, of which near items share most, so that they lie in one bucket of some table.
 */
export function* candidatePairs(
  items: readonly (readonly Float32Array[])[],
  { relevant, isSettled }: Record<'relevant' | 'isSettled', (i: number, j: number) => boolean>,
): Generator<[number, number]> {
  const n = items.length;
  if (n <= FEW) {
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) if (relevant(i, j)) yield [i, j];
    return;
  }
  const standardise = standardiser(items.map(([first]) => first!));
  const scaled = items.map((values) => values.map(standardise));
  const length = Math.max(KEY.least, Math.ceil(Math.log2(n / KEY.perBucket)));
  const random = createRandom(0).fork('near-duplicates');
  const seen = new Set<number>();
  for (let table = 0; table < TABLES; table++) {
    const bits = random.permutation(items[0]![0]!.length).slice(0, length);
    const keyOf = (values: Float32Array): number => {
      let key = 0;
      for (const bit of bits) key = 2 * key + (values[bit]! > 0 ? 1 : 0);
      return key;
    };
    const buckets = new Map<number, number[]>();
    for (let j = 0; j < n; j++) {
      for (const values of scaled[j]!) {
        for (const i of buckets.get(keyOf(values)) ?? []) {
          if (!isNear(scaled[i]![0]!, values) || seen.has(i * n + j) || !relevant(i, j)) continue;
          seen.add(i * n + j);
          yield [i, j];
        }
      }
      const key = keyOf(scaled[j]![0]!);
      const bucket = buckets.get(key);
      if (!bucket) buckets.set(key, [j]);
      // A bucket of copies stays small.
      else if (!bucket.some((i) => isSettled(i, j))) bucket.push(j);
    }
  }
}

/** A function that gives values less their median over all items, in standard deviations. */
function standardiser(items: readonly Float32Array[]): (values: Float32Array) => Float32Array {
  const medians: number[] = [];
  const deviations: number[] = [];
  for (let d = 0; d < items[0]!.length; d++) {
    const column = Float64Array.from(items, (values) => values[d]!).sort();
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    medians.push(column[column.length >> 1]!);
    deviations.push(Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length) || 1);
  }
  return (values) => values.map((value, d) => (value - medians[d]!) / deviations[d]!);
}

function isNear(a: Float32Array, b: Float32Array): boolean {
  const most = FARTHEST ** 2 * a.length;
  let sum = 0;
  for (let d = 0; d < a.length; d++) {
    sum += (a[d]! - b[d]!) ** 2;
    if (sum > most) return false;
  }
  return true;
}

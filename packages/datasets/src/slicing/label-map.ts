import { requireList } from '@medseg/arguments';
import { bitsByValue, type ClassMap, classCount } from '../class-map.ts';
import { emptyBits, ignoredBits, type MaskBits } from '../reading/mask-bits.ts';

/**
 * Turns probabilities into the label values of the data set's own masks: at each pixel the value whose channels are
 * likeliest, taking channels as independent. For exclusive classes that is the class with the highest probability of at
 * least a half; for regions it never contradicts their nesting.
 *
 * `probabilities`: [n, K]. Returns [n]. Without a class map 1 is foreground.
 *
 * @example labelsOf([0.2, 0.7, 0.1, 0.3], classMap({ edema: 2, core: 1 })) // [1, 0]
 */
export function labelsOf(probabilities: ArrayLike<number>, classes: ClassMap | undefined): Uint8Array | Int32Array {
  requireList('labelsOf: probabilities', probabilities);
  const count = classCount(classes);
  const n = probabilities.length / count;
  if (!Number.isInteger(n))
    throw new RangeError(`labelsOf: ${probabilities.length} probabilities must be a multiple of ${count} classes`);
  const candidates = candidatesOf(classes);
  const isSmall = candidates.every(({ value }) => value >= 0 && value <= 255);
  const out = isSmall ? new Uint8Array(n) : new Int32Array(n);
  for (let i = 0; i < n; i++) {
    let best = -1;
    for (const { value, pattern } of candidates) {
      let likelihood = 1;
      for (let k = 0; k < count; k++) {
        const p = probabilities[i * count + k]!;
        likelihood *= (pattern >>> k) & 1 ? p : 1 - p;
      }
      // Foreground comes first, so that a half is foreground as in a mask of one class.
      if (likelihood > best) {
        best = likelihood;
        out[i] = value;
      }
    }
  }
  return out;
}

/**
 * The values that `labelsOf` writes: each with the channels that it stands for, the background, which has none, last.
 *
 * @example labelValues(classMap({ disc: [1, 2], cup: 2 })) // [{ value: 1, channels: [0] }, { value: 2, channels: [0, 1] }, { value: 0, channels: [] }]
 */
export function labelValues(classes: ClassMap | undefined): { value: number; channels: number[] }[] {
  const numbers = Array.from({ length: classCount(classes) }, (_, k) => k);
  return candidatesOf(classes).map(({ value, pattern }) => ({
    value,
    channels: numbers.filter((k) => (pattern >>> k) & 1),
  }));
}

/** Values of masks with their channels, one for each pattern of channels, background last. */
function candidatesOf(classes: ClassMap | undefined): { value: number; pattern: number }[] {
  if (!classes)
    return [
      { value: 1, pattern: 1 },
      { value: 0, pattern: 0 },
    ];
  const { bits } = bitsByValue(classes);
  const byPattern = new Map<number, number>();
  for (const [value, pattern] of bits) if (!byPattern.has(pattern)) byPattern.set(pattern, value);
  if (!byPattern.has(0)) byPattern.set(0, freeValue(classes));
  return [...byPattern]
    .map(([pattern, value]) => ({ value, pattern }))
    .sort((a, b) => Number(a.pattern === 0) - Number(b.pattern === 0));
}

/** A value for the background of a map whose 0 is a class: 255, or the first that is free. */
function freeValue({ values, ignore = [] }: ClassMap): number {
  const used = new Set([...values.flat(), ...ignore]);
  if (!used.has(255)) return 255;
  let value = 1;
  while (used.has(value)) value++;
  return value;
}

/**
 * Turns probabilities into one mask of 0 and 1 per class by thresholding each; regions may overlap.
 *
 * `probabilities`: [n, K]. Returns K masks of n.
 */
export function regionMasks(probabilities: ArrayLike<number>, classes: number, threshold = 0.5): Uint8Array[] {
  return Array.from({ length: classes }, (_, k) =>
    new Uint8Array(probabilities.length / classes).map((_, i) =>
      probabilities[i * classes + k]! >= threshold ? 1 : 0,
    ),
  );
}

/** The label values of a mask of bits, as the data set's own files have them; the reverse of reading. */
export function labelsOfBits(bits: MaskBits, classes: ClassMap | undefined): Uint8Array | Int32Array {
  requireList('labelsOfBits: bits', bits);
  const byPattern = new Map(candidatesOf(classes).map(({ value, pattern }) => [pattern, value]));
  const ignored = classes?.ignore?.[0];
  if (ignored !== undefined) byPattern.set(ignoredBits(classCount(classes)), ignored);
  const isSmall = [...byPattern.values()].every((value) => value >= 0 && value <= 255);
  const out = isSmall ? new Uint8Array(bits.length) : new Int32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = byPattern.get(bits[i]!);
    if (value === undefined) throw new RangeError(`labelsOfBits: no label has the channels ${bits[i]!.toString(2)}`);
    out[i] = value;
  }
  return out;
}

/** Combines masks of 0 and 1, one per class, into one mask of bits. Throws RangeError for more than 31 masks. */
export function bitsOf(masks: readonly ArrayLike<number>[]): MaskBits {
  requireList('bitsOf: masks', masks);
  requireList('bitsOf: masks[0]', masks[0]);
  const out = emptyBits(masks[0]!.length, masks.length);
  for (const [k, mask] of masks.entries())
    for (let i = 0; i < out.length; i++) if (mask[i]) out[i] = (out[i]! | (1 << k)) >>> 0;
  return out;
}

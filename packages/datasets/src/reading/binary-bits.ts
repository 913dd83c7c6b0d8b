import { DataError } from '../data-error.ts';
import type { MaskPixels } from './mask-pixels.ts';
import { listed, valueText } from './mask-values.ts';

/** What the two values of a mask without classes are, as text; absent where it has but one. */
export interface MaskValues {
  background?: string;
  foreground?: string;
  /** Their colours, where it has both: the same as its values unless these are indices of a palette. */
  colours?: { background: string; foreground: string };
}

export interface BinaryOptions {
  /** Pixels whose mean over the channels is at least this are foreground, however many values there are. */
  threshold?: number | undefined;
  /** Called with what should be known about how the mask was read. */
  say?: (text: string) => void;
  /** Called with the values found, unless they are those of lossy compression or a threshold decides. */
  onValues?: (values: MaskValues) => void;
}

/** A value of a mask, and what decides whether it is background. */
interface Value {
  levels: number[];
  /** The smallest palette index that has this colour. */
  index: number;
}

/**
 * Reads a mask of two values or colours as 0 and 1. Background is, in this order: what is transparent; 0, or index 0 of
 * a palette; gray beside a colour; the darker one. A single value is foreground unless it is 0 or index 0. Lossy
 * compression has moved the values: there foreground is what is lighter than 127.
 *
 * Throws DataError naming `file` and the values when there are more than two.
 */
export function binaryBits(mask: MaskPixels, file: string, options: BinaryOptions = {}): Uint8Array {
  const { data, channels, lossy, hidden } = mask;
  const { threshold } = options;
  if (threshold !== undefined || lossy) {
    const bits = new Uint8Array(data.length / channels);
    let highest = 0;
    for (let i = 0; i < bits.length; i++) {
      if (hidden?.[i] === 1) continue;
      const mean = meanOf(data, i * channels, channels);
      highest = Math.max(highest, mean);
      if (threshold === undefined ? mean > 127 : mean >= threshold) bits[i] = 1;
    }
    if (highest > 0 && !bits.includes(1))
      options.say?.(`it is empty, since none of its values reaches ${threshold ?? 'the middle, 127'}`);
    return bits;
  }
  const { values, labels } = valuesOf(mask, file);
  const foreground = foregroundOf(values, mask, file, options);
  if (foreground < 0) return new Uint8Array(labels.length);
  return labels.map((label, i) => (label === foreground && hidden?.[i] !== 1 ? 1 : 0));
}

/** Values that are shown when there are too many. */
const mostValues = 6;

/** The values of the pixels that are not transparent, and for each pixel which of them it has. */
function valuesOf(
  { data, channels, indices, hidden }: MaskPixels,
  file: string,
): { values: Value[]; labels: Uint8Array } {
  const count = data.length / channels;
  const values: Value[] = [];
  const labels = new Uint8Array(count);
  // A good mask has two values, so that looking through the list of them is a look at one or two.
  for (let i = 0; i < count && values.length < mostValues; i++) {
    if (hidden?.[i] === 1) continue;
    const at = i * channels;
    let label = 0;
    while (label < values.length && !isSame(data, at, values[label]!.levels)) label++;
    const index = indices?.[i] ?? 0;
    if (label === values.length)
      values.push({ levels: Array.from({ length: channels }, (_, c) => data[at + c]!), index });
    else values[label]!.index = Math.min(values[label]!.index, index);
    labels[i] = label;
  }
  if (values.length > 2) throw tooMany(values, indices, file);
  return { values, labels };
}

function tooMany(values: readonly Value[], indices: Uint8Array | undefined, file: string): DataError {
  const start = 'a mask must have at most two values, got';
  const found = indices
    ? `the palette indices ${listed(values.map(({ index }) => index).sort((a, b) => a - b))}; name more as classes`
    : `${listed([...values].sort(compareBrightness).map(({ levels }) => valueText(levels)))}; name more as classes, or give a threshold for soft edges (maskThreshold)`;
  const rule = `${start} ${found}`;
  return new DataError([{ file, rule }]);
}

/** Which value is foreground; -1 where none is. */
function foregroundOf(
  values: readonly Value[],
  { indices, hidden }: MaskPixels,
  file: string,
  { say, onValues }: BinaryOptions,
): number {
  const textOf = (value: Value): string => (indices ? String(value.index) : valueText(value.levels));
  const isZero = (value: Value): boolean => (indices ? value.index === 0 : value.levels.every((level) => level === 0));
  const [first, second] = values;
  const isHidden = hidden?.includes(1) ?? false;
  if (!first) return -1;
  if (!second) {
    if (isZero(first) && !isHidden) return -1;
    onValues?.({ ...(isHidden && { background: '0' }), foreground: textOf(first) });
    return 0;
  }
  if (isHidden && !isZero(first) && !isZero(second)) {
    const rule = `a mask must have at most two values, got ${listed(values.map(textOf))} and transparent pixels`;
    throw new DataError([{ file, rule }]);
  }
  const isLighter = compareBrightness(first, second) < 0;
  let foreground = isLighter ? 1 : 0;
  const [firstIsGray, secondIsGray] = [isGray(first), isGray(second)];
  if (isZero(first) || isZero(second)) {
    foreground = isZero(first) ? 1 : 0;
    if (indices && foreground === (isLighter ? 0 : 1))
      say?.('index 0 of its palette is the lighter of its two colours, and is read as background');
  } else if (firstIsGray !== secondIsGray) {
    foreground = firstIsGray ? 1 : 0;
    if (foreground === (isLighter ? 0 : 1))
      say?.('one of its two values is gray and the other a darker colour: the colour is read as foreground');
  }
  const background = values[1 - foreground]!;
  if (!isZero(background) && !indices && isGray(background) && isGray(values[foreground]!))
    say?.('neither of its two values is 0: the darker one is read as background');
  onValues?.({
    background: textOf(background),
    foreground: textOf(values[foreground]!),
    colours: { background: valueText(background.levels), foreground: valueText(values[foreground]!.levels) },
  });
  return foreground;
}

function isGray({ levels }: Value): boolean {
  return levels.every((level) => level === levels[0]);
}

function meanOf(data: ArrayLike<number>, at: number, channels: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += data[at + c]!;
  return sum / channels;
}

/** Darker before lighter; colours of one brightness in an order of their own, the same in every mask. */
function compareBrightness({ levels: a }: Value, { levels: b }: Value): number {
  const sum = (value: number[]): number => value.reduce((total, level) => total + level, 0);
  const first = a.findIndex((level, c) => level !== b[c]);
  return sum(a) - sum(b) || (first < 0 ? 0 : a[first]! - b[first]!);
}

function isSame(data: ArrayLike<number>, at: number, value: number[]): boolean {
  for (let c = 0; c < value.length; c++) if (data[at + c] !== value[c]) return false;
  return true;
}

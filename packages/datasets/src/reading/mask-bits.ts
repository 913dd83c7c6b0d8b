import { bitsByValue, type ClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';

/**
 * A mask of K channels as one integer per pixel: bit k is channel k. With one channel it is a mask of 0 and 1.
 * Pixels are in the order of the file.
 */
export type MaskBits = Uint8Array | Uint16Array | Uint32Array;

/** Samples of a mask file, channels interleaved. */
export interface MaskPixels {
  data: ArrayLike<number>;
  channels: number;
  /** True when compression has changed the samples. */
  lossy?: boolean | undefined;
}

/** An empty mask of `length` pixels and `classes` channels. */
export function emptyBits(length: number, classes: number): MaskBits {
  if (classes <= 8) return new Uint8Array(length);
  return classes <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/**
 * Reads a mask as its class map says, or, without one, as two values of which the brighter is foreground.
 *
 * With a class map a mask has one channel, or the same in each. Compression has moved the values of a JPEG: there each
 * pixel has the nearest value of the map. Floats within a thousandth of a whole number are taken for it.
 *
 * Throws DataError naming `file` and the values that are of no class.
 */
export function maskBits(mask: MaskPixels, classes: ClassMap | undefined, file: string): MaskBits {
  return classes ? labelledBits(mask, classes, file) : binaryBits(mask, file);
}

function labelledBits({ data, channels, lossy }: MaskPixels, classes: ClassMap, file: string): MaskBits {
  const { bits, isOpen } = bitsByValue(classes);
  const known = [...bits.keys()].sort((a, b) => a - b);
  const out = emptyBits(data.length / channels, classes.names.length);
  const foreign = new Set<number>();
  let lastValue = Number.NaN;
  let lastBits = 0;
  for (let i = 0, at = 0; i < out.length; i++, at += channels) {
    const value = data[at]!;
    for (let c = 1; c < channels; c++) {
      if (data[at + c] !== value && !lossy)
        throw new DataError([
          {
            file,
            rule: `a mask of classes must be gray, got ${Array.from({ length: channels }, (_, k) => data[at + k]).join('/')}`,
          },
        ]);
    }
    // Labels lie in runs: most look-ups are the last one again.
    if (value !== lastValue) {
      lastValue = value;
      const whole = lossy
        ? nearest(known, value)
        : Math.abs(value - Math.round(value)) < 1e-3
          ? Math.round(value)
          : value;
      const found = bits.get(whole);
      if (found === undefined && !isOpen && foreign.size <= shownValues) foreign.add(value);
      lastBits = found ?? 0;
    }
    out[i] = lastBits;
  }
  if (foreign.size > 0) {
    const rule = `a mask must have the values of its classes, ${known.join(', ')}, got ${listed([...foreign].sort((a, b) => a - b))}`;
    throw new DataError([{ file, rule }]);
  }
  return out;
}

function nearest(known: readonly number[], value: number): number {
  return known.reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best), known[0]!);
}

function binaryBits({ data, channels, lossy }: MaskPixels, file: string): Uint8Array {
  const count = data.length / channels;
  if (lossy) return new Uint8Array(count).map((_, i) => (isLight(data, i * channels, channels) ? 1 : 0));
  const values: number[][] = [];
  const labels = new Uint8Array(count);
  // A good mask has two values, so that looking through the list of them is a look at one or two.
  for (let i = 0; i < count && values.length <= shownValues; i++) {
    const at = i * channels;
    let label = 0;
    while (label < values.length && !isSame(data, at, values[label]!)) label++;
    if (label === values.length) values.push(Array.from({ length: channels }, (_, c) => data[at + c]!));
    labels[i] = label;
  }
  const order = values.map((_, k) => k).sort((a, b) => compareBrightness(values[a]!, values[b]!));
  if (values.length > 2) {
    const shown = order.map((k) => (new Set(values[k]!).size === 1 ? values[k]![0]! : values[k]!.join('/')));
    throw new DataError([
      { file, rule: `a mask must have at most two values, got ${listed(shown)}; name more as classes` },
    ]);
  }
  const isEmpty = values.length === 1 && values[0]!.every((level) => level === 0);
  const foreground = isEmpty ? -1 : order.at(-1)!;
  return labels.map((label) => (label === foreground ? 1 : 0));
}

/** Whether the mean of a pixel's channels is over the middle of 8 bits. */
function isLight(data: ArrayLike<number>, at: number, channels: number): boolean {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += data[at + c]!;
  return sum > 127 * channels;
}

/** Darker before lighter; colours of one brightness in an order of their own, the same in every mask. */
function compareBrightness(a: number[], b: number[]): number {
  const sum = (value: number[]): number => value.reduce((total, level) => total + level, 0);
  const first = a.findIndex((level, c) => level !== b[c]);
  return sum(a) - sum(b) || (first < 0 ? 0 : a[first]! - b[first]!);
}

/** How many values of a bad mask the message lists. */
const shownValues = 5;

function listed(values: readonly (number | string)[]): string {
  return `${values.slice(0, shownValues).join(', ')}${values.length > shownValues ? ' and more' : ''}`;
}

function isSame(data: ArrayLike<number>, at: number, value: number[]): boolean {
  for (let c = 0; c < value.length; c++) if (data[at + c] !== value[c]) return false;
  return true;
}

/** Counts the pixels of each channel. */
export function countBits(bits: MaskBits, classes: number): number[] {
  const byPattern = new Map<number, number>();
  let run = 0;
  for (let i = 0; i < bits.length; i++) {
    run++;
    if (i + 1 === bits.length || bits[i + 1] !== bits[i]) {
      byPattern.set(bits[i]!, (byPattern.get(bits[i]!) ?? 0) + run);
      run = 0;
    }
  }
  const counts = new Array<number>(classes).fill(0);
  for (const [pattern, count] of byPattern)
    for (let k = 0; k < classes; k++) if ((pattern >>> k) & 1) counts[k]! += count;
  return counts;
}

/** One channel of a mask as 0 and 1. */
export function channelOf(bits: MaskBits, channel: number): Uint8Array {
  return Uint8Array.from(bits, (pattern) => (pattern >>> channel) & 1);
}

import { bitsByValue, type ClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { emptyBits, ignoredBits, type MaskBits } from './mask-bits.ts';
import type { MaskPixels } from './mask-pixels.ts';
import { listed, shownValues, valueText } from './mask-values.ts';

interface LabelledOptions {
  /** Called with what should be known about how the mask was read. */
  say?: (text: string) => void;
  /** Called with the colour of each index in use, where the indices of a palette are the labels. */
  onPalette?: ((colours: Map<number, string>) => void) | undefined;
}

/**
 * Reads a mask as its class map says. It has one channel, or the same in each, or a palette, whose indices are the
 * labels unless its colours are grays of which the map has the values. Compression has moved the values of a JPEG:
 * there each pixel has the nearest value of the map. Floats within a thousandth of a whole number are taken for it.
 *
 * Throws DataError naming `file` and the values that are of no class, and where every pixel is to be ignored.
 */
export function labelledBits(
  mask: MaskPixels,
  classes: ClassMap,
  file: string,
  { say = () => {}, onPalette }: LabelledOptions = {},
): MaskBits {
  const { hidden } = mask;
  const { data, channels, lossy } = mask.indices
    ? labelsOfPalette(mask, mask.indices, classes, file, { say, onPalette })
    : mask;
  const { bits, isOpen } = bitsByValue(classes);
  const count = classes.names.length;
  for (const value of classes.ignore ?? []) bits.set(value, ignoredBits(count));
  const known = [...bits.keys()].sort((a, b) => a - b);
  const out = emptyBits(data.length / channels, classes.ignore ? count + 1 : count);
  if (lossy && isOpen) {
    const rule =
      'a mask that lossy compression has changed must have its background named where a class has the value 0, such as background=255';
    throw new DataError([{ file, rule }]);
  }
  const foreign = new Set<number>();
  let lastValue = Number.NaN;
  let lastBits = 0;
  for (let i = 0, at = 0; i < out.length; i++, at += channels) {
    if (hidden?.[i] === 1) continue;
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
      if (found === undefined && foreign.size <= shownValues) foreign.add(whole);
      lastBits = found ?? 0;
    }
    out[i] = lastBits;
  }
  if (isOpen && foreign.size > 1)
    say(
      `its values ${listed([...foreign].sort((a, b) => a - b))} have no class: all are read as background, since a class has the value 0`,
    );
  if (!isOpen && foreign.size > 0) {
    const rule = `a mask must have the values of its classes, ${known.join(', ')}, got ${listed([...foreign].sort((a, b) => a - b))}`;
    throw new DataError([{ file, rule }]);
  }
  if (classes.ignore && out.every((pattern) => pattern === ignoredBits(count))) {
    const rule = `a mask must have a pixel that counts, got the label to ignore, ${listed(classes.ignore)}, in each`;
    throw new DataError([{ file, rule }]);
  }
  return out;
}

/** The labels of a file with a palette: its gray values where these, and only these, are of the classes; else its indices. */
function labelsOfPalette(
  { data, channels }: MaskPixels,
  indices: Uint8Array,
  classes: ClassMap,
  file: string,
  { say = () => {}, onPalette }: LabelledOptions,
): MaskPixels {
  const byIndex = { data: indices, channels: 1 };
  /** The gray value of each index in use; -1 for a colour. */
  const grays = new Map<number, number>();
  const colours = new Map<number, string>();
  for (let i = 0; i < indices.length; i++) {
    if (grays.has(indices[i]!)) continue;
    const level = data[i * channels]!;
    const isGray = level === data[i * channels + 1] && level === data[i * channels + 2];
    grays.set(indices[i]!, isGray ? level : -1);
    colours.set(indices[i]!, valueText(Array.from({ length: channels }, (_, c) => data[i * channels + c]!)));
  }
  const used = [...grays];
  if (used.every(([index, level]) => index === level)) return byIndex;
  const { bits, isOpen } = bitsByValue(classes);
  for (const value of classes.ignore ?? []) bits.set(value, ignoredBits(classes.names.length));
  const isKnown = (value: number): boolean => isOpen || bits.has(value);
  const indicesFit = used.every(([index]) => isKnown(index));
  if (used.every(([, level]) => level >= 0 && isKnown(level))) {
    if (!indicesFit) return { data, channels };
    if (used.some(([index, level]) => bits.get(index) !== bits.get(level))) {
      const pairs = used.map(([index, level]) => `${index} is gray ${level}`);
      const rule = `a palette of grays must have its indices or its grays as values of the classes, not both; index ${listed(pairs)}`;
      throw new DataError([{ file, rule }]);
    }
  }
  say('its labels are the indices of its palette, whatever their colours');
  onPalette?.(colours);
  return byIndex;
}

function nearest(known: readonly number[], value: number): number {
  return known.reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best), known[0]!);
}

import type { CaseFacts } from '../case.ts';
import { type ClassMap, classCount } from '../class-map.ts';
import { isVolume, measuredChannels } from '../scan.ts';
import type { ReadCase } from './annotated.ts';
import { countBits, emptyBits, type MaskBits } from './mask-bits.ts';

/** What the files of a case hold; undefined when its image has numbers that are not finite. */
export function measureCase({ scan, masks }: ReadCase, classes: ClassMap | undefined): CaseFacts | undefined {
  const channels = measuredChannels(scan);
  const { data } = scan;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < data.length; i += scan.channels) {
    for (let c = 0; c < channels; c++) {
      const value = data[i + c]!;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      sum += value;
    }
  }
  if (!Number.isFinite(sum) || !Number.isFinite(minimum) || !Number.isFinite(maximum)) return undefined;
  const count = classCount(classes);
  const drawn =
    masks.length === 1
      ? masks[0]!.bits
      : union(
          masks.map(({ bits }) => bits),
          count,
        );
  const facts = {
    channels,
    minimum,
    maximum,
    mean: sum / ((data.length / scan.channels) * channels),
    foreground: drawn ? countBits(drawn, count) : new Array<number>(count).fill(0),
  };
  if (!isVolume(scan)) {
    const dtype = scan.bitDepth === 32 ? 'float32' : `uint${scan.bitDepth}`;
    return { ...facts, size: [scan.width, scan.height], dtype };
  }
  const { size, spacing, direction, dtype } = scan;
  return { ...facts, size, spacing, direction, dtype, ...(drawn && { foregroundAlong: along(drawn, size) }) };
}

function union(masks: readonly MaskBits[], classes: number): MaskBits | undefined {
  const [first, ...others] = masks;
  if (!first) return undefined;
  const out = emptyBits(first.length, classes);
  out.set(first);
  for (const other of others) for (let i = 0; i < out.length; i++) out[i]! |= other[i]!;
  return out;
}

function along(bits: MaskBits, [ni, nj, nk]: readonly [number, number, number]): [number[], number[], number[]] {
  const counts = [ni, nj, nk].map((length) => new Array<number>(length).fill(0)) as [number[], number[], number[]];
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        if (bits[at] === 0) continue;
        counts[0][i]!++;
        counts[1][j]!++;
        counts[2][k]!++;
      }
    }
  }
  return counts;
}

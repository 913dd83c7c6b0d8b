import type { CaseFacts } from '../case.ts';
import { type ClassMap, classCount } from '../class-map.ts';
import { isVolume } from '../scan.ts';
import type { ReadCase } from './annotated.ts';
import { hashScan } from './fingerprint.ts';
import { hashMasks } from './hash-masks.ts';
import { countBits, emptyBits, ignoredBits, type MaskBits } from './mask-bits.ts';
import { measureScan } from './measure-scan.ts';

/** What the files of a case hold. NaN, outside of the field of view, is not counted. */
export function measureCase({ scan, masks }: ReadCase, classes: ClassMap | undefined): CaseFacts {
  const count = classCount(classes);
  const layers = masks.map(({ bits }) => bits);
  const drawn = layers.length === 1 ? layers[0]! : union(layers, count);
  const { fingerprint, content } = hashScan(scan);
  const facts = {
    ...measureScan(scan),
    ...(fingerprint !== undefined && { fingerprint }),
    content: { image: content, masks: hashMasks(masks) },
    foreground: drawn ? countBits(drawn, count) : new Array<number>(count).fill(0),
    ...(drawn && isVolume(scan) && { foregroundAlong: along(drawn, scan.size, (bits) => isForeground(bits, count)) }),
  };
  const everyone = classes?.ignore ? ignoredByAll(layers, ignoredBits(count)) : undefined;
  if (!everyone) return facts;
  const ignored = everyone.reduce((sum, one) => sum + one, 0);
  return { ...facts, ignored, ...(isVolume(scan) && { ignoredAlong: along(everyone, scan.size, (one) => one === 1) }) };
}

function isForeground(bits: number, classes: number): boolean {
  return bits !== 0 && bits !== ignoredBits(classes);
}

/** 1 where every annotator says to ignore a pixel; undefined where there is none. */
function ignoredByAll(masks: readonly MaskBits[], ignored: number): Uint8Array | undefined {
  const [first, ...others] = masks;
  if (!first) return undefined;
  const out = Uint8Array.from(first, (bits, i) => (bits === ignored && others.every((o) => o[i] === ignored) ? 1 : 0));
  return out.includes(1) ? out : undefined;
}

function union(masks: readonly MaskBits[], classes: number): MaskBits | undefined {
  const [first, ...others] = masks;
  if (!first) return undefined;
  const out = emptyBits(first.length, classes);
  const known = ignoredBits(classes) - 1; // all bits but that of pixels to ignore
  for (const mask of [first, ...others]) for (let i = 0; i < out.length; i++) out[i]! |= mask[i]! & known;
  return out;
}

function along(
  bits: MaskBits,
  [ni, nj, nk]: readonly [number, number, number],
  counts: (bits: number) => boolean,
): [number[], number[], number[]] {
  const sums = [ni, nj, nk].map((length) => new Array<number>(length).fill(0)) as [number[], number[], number[]];
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        if (!counts(bits[at]!)) continue;
        sums[0][i]!++;
        sums[1][j]!++;
        sums[2][k]!++;
      }
    }
  }
  return sums;
}

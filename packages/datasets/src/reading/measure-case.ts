import type { CaseFacts } from '../case.ts';
import { type ClassMap, classCount } from '../class-map.ts';
import { isVolume } from '../scan.ts';
import type { ReadCase } from './annotated.ts';
import { countBits, emptyBits, type MaskBits } from './mask-bits.ts';
import { measureScan } from './measure-scan.ts';

/** What the files of a case hold. NaN, outside of the field of view, is not counted. */
export function measureCase({ scan, masks }: ReadCase, classes: ClassMap | undefined): CaseFacts {
  const count = classCount(classes);
  const drawn =
    masks.length === 1
      ? masks[0]!.bits
      : union(
          masks.map(({ bits }) => bits),
          count,
        );
  return {
    ...measureScan(scan),
    foreground: drawn ? countBits(drawn, count) : new Array<number>(count).fill(0),
    ...(drawn && isVolume(scan) && { foregroundAlong: along(drawn, scan.size) }),
  };
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

import type { Scan } from '../scan.ts';
import type { MaskBits } from './mask-bits.ts';

/** A mask and who drew it. */
export interface AnnotatedBits {
  /** Who drew it; undefined where nobody is named. */
  annotator?: string | undefined;
  /** The mask, bit k of a pixel for class k. */
  bits: MaskBits;
}

/** A case as its files have it. */
export interface ReadCase {
  /** The image or volume. */
  scan: Scan;
  /** One mask per annotator, on the grid of the scan. */
  masks: AnnotatedBits[];
}

import type { Scan } from '../scan.ts';
import type { MaskBits } from './mask-bits.ts';

/** A mask and who drew it. */
export interface AnnotatedBits {
  annotator?: string | undefined;
  bits: MaskBits;
}

/** A case as its files have it. */
export interface ReadCase {
  scan: Scan;
  /** One mask per annotator, on the grid of the scan. */
  masks: AnnotatedBits[];
}

import { requireObject } from '@medseg/arguments';
import { type AnnotatorTruth, isVolume, type Scan } from '@medseg/datasets';

/** A case at its own size with its reference masks. */
export interface TruthCase {
  /** Unique among the cases. */
  readonly id: string;
  /** Whose case it is. */
  readonly patient: string;
  /** The image or volume as stored. */
  readonly scan: Scan;
  /** 0 or 1 for each pixel of the file, one mask per class. */
  readonly truth: readonly Uint8Array[];
  /** 1 for each pixel that counts in no score; absent where all count. */
  readonly ignored?: Uint8Array | undefined;
  /** The masks of each annotator, where there are several: members are then scored against all of them. */
  readonly annotators?: readonly AnnotatorTruth[] | undefined;
}

/** The grid of a scan as the metrics take it, the slowest axis of the file first; a volume of one slice is an image. */
export function gridOf(scan: Scan): { shape: readonly number[]; spacing?: readonly number[] } {
  requireObject('gridOf: scan', scan, ['channels', 'data']);
  if (!isVolume(scan)) return { shape: [scan.height, scan.width] };
  const kept = scan.size[2] === 1 ? [1, 0] : [2, 1, 0];
  return { shape: kept.map((axis) => scan.size[axis]!), spacing: kept.map((axis) => scan.spacing[axis]!) };
}

import { type Annotators, type Case, caseTruth, isVolume, type Scan } from '@medseg/datasets';
import { readCase } from '@medseg/datasets/node';

/** A case at its own size, with what is true of each class. */
export interface TruthCase {
  readonly id: string;
  readonly patient: string;
  readonly scan: Scan;
  /** 0 or 1 for each pixel of the file, one mask a class. */
  readonly truth: readonly Uint8Array[];
}

/** Reads a case; where several annotators have drawn it, `annotators` says what is true (by default the majority). */
export async function loadTruth(c: Case, annotators: Annotators = 'majority'): Promise<TruthCase> {
  const { scan, masks } = await readCase(c);
  return { id: c.id, patient: c.patient, scan, truth: caseTruth({ masks }, c, annotators) };
}

/** Extent and pixel size of a scan as the metrics take them: the slowest axis of the file first. */
export interface ScoredGrid {
  readonly shape: readonly number[];
  /** Millimetres; absent where the file does not say. */
  readonly spacing?: readonly number[];
}

/** The grid of a scan; a volume of one slice counts as an image. */
export function gridOf(scan: Scan): ScoredGrid {
  if (!isVolume(scan)) return { shape: [scan.height, scan.width] };
  const kept = scan.size[2] === 1 ? [1, 0] : [2, 1, 0];
  return { shape: kept.map((axis) => scan.size[axis]!), spacing: kept.map((axis) => scan.spacing[axis]!) };
}

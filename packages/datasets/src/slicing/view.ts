/** The planes of the body, or the axes of the file as they are: `k` cuts slices of i and j. */
export type Plane = 'axial' | 'coronal' | 'sagittal' | 'i' | 'j' | 'k';

const planes: readonly Plane[] = ['axial', 'coronal', 'sagittal', 'i', 'j', 'k'];

/** How cases are cut into samples. Plain JSON: a run keeps it, so that segmentation cuts the same way. */
export interface View {
  /** How slices of a volume lie: axial unless given. Body planes are found from the orientation in the file. */
  plane?: Plane;
  /** Slices on each side that come along as channels (2.5-D), those at the end repeated; none unless given. */
  neighbours?: number;
  /**
   * Cuts every image or slice into patches at its own resolution, instead of resizing it as a whole. Default: no
   * patches.
   */
  patches?: {
    /** Share of a patch that the next one covers again, 0 to below 1; 0.25 unless given. */
    overlap?: number;
  };
}

/** A rectangle of an image or slice; it may reach over the edges, where pixels repeat. */
export interface Window {
  /** First row; negative above the image. */
  top: number;
  /** First column; negative left of the image. */
  left: number;
  /** Rows. */
  height: number;
  /** Columns. */
  width: number;
}

/** The position of a sample in its case. */
export interface Place {
  /** Number of the slice along the view's plane; 0 for an image. */
  slice: number;
  /** Absent when it is the whole of the slice. */
  window?: Window;
}

/** Throws RangeError when a view cannot be cut. */
export function checkView({ plane = 'axial', neighbours = 0, patches }: View): void {
  if (!planes.includes(plane)) throw new RangeError(`view: plane must be one of ${planes.join(', ')}, got ${plane}`);
  if (!Number.isInteger(neighbours) || neighbours < 0)
    throw new RangeError(`view: neighbours must be a whole number of at least 0, got ${neighbours}`);
  const overlap = patches?.overlap ?? 0;
  if (!(overlap >= 0 && overlap < 1))
    throw new RangeError(`view: overlap must be a share from 0 to below 1, got ${overlap}`);
}

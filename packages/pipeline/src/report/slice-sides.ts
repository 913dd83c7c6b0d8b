import type { Plane, Scan } from '@medseg/datasets';
import { isVolume } from '@medseg/datasets';

/** The four sides of a slice, as letters of the patient's axes. */
export type SliceSides = Readonly<Record<'left' | 'right' | 'top' | 'bottom', string>>;

const BODY_PLANES: Readonly<Record<'axial' | 'coronal' | 'sagittal', SliceSides>> = {
  axial: { left: 'R', right: 'L', top: 'A', bottom: 'P' },
  coronal: { left: 'R', right: 'L', top: 'S', bottom: 'I' },
  sagittal: { left: 'A', right: 'P', top: 'S', bottom: 'I' },
};

/** The axes of the file that rows and columns of its planes run along. */
const FILE_PLANES: Readonly<Record<'i' | 'j' | 'k', readonly [row: number, column: number]>> = {
  i: [2, 1],
  j: [2, 0],
  k: [1, 0],
};

/** Letters towards which x, y and z grow in RAS+, and away from which. */
const TOWARDS = ['R', 'A', 'S'];
const AWAY = ['L', 'P', 'I'];

/**
 * What the sides of a volume's slices are, as `sliceGrid` lays them: right, left, anterior, posterior, superior and
 * inferior; of an oblique volume the nearest. Undefined for an image.
 *
 * @example
 * const volume = createVolume({ size: [2, 2, 2], data: new Uint8Array(8) });
 * sliceSides(volume, 'coronal') // { left: 'R', right: 'L', top: 'S', bottom: 'I' }
 */
export function sliceSides(scan: Scan, plane: Plane = 'axial'): SliceSides | undefined {
  if (!isVolume(scan)) return undefined;
  if (plane === 'axial' || plane === 'coronal' || plane === 'sagittal') return BODY_PLANES[plane];
  const [row, column] = FILE_PLANES[plane].map((axis) => endsOf(scan.direction, axis)) as [Ends, Ends];
  return { left: column.start, right: column.end, top: row.start, bottom: row.end };
}

interface Ends {
  readonly start: string;
  readonly end: string;
}

/** The letters at both ends of an axis of the file. */
function endsOf(direction: readonly number[], axis: number): Ends {
  const along = [0, 1, 2].map((world) => direction[world * 3 + axis]!);
  const world = along.reduce((best, value, w) => (Math.abs(value) > Math.abs(along[best]!) ? w : best), 0);
  const [towards, away] = [TOWARDS[world]!, AWAY[world]!];
  return along[world]! > 0 ? { start: away, end: towards } : { start: towards, end: away };
}

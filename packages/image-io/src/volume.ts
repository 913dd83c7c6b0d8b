import { type OptionNames, requireNames } from '@medseg/arguments';
import { identity, type Matrix, type Triple } from './geometry.ts';
import { arrayOf, bytesPerVoxel, type VoxelData, type VoxelType, voxelTypeOf } from './voxels.ts';

/**
 * A grid of voxels in space. World coordinates are RAS+ millimetres: x grows to the patient's right, y to the front,
 * z to the head, whatever the file's format uses. Voxels keep the order of the file.
 *
 * Voxel (i, j, k) has its centre at `origin + direction · (spacing ∘ [i, j, k])` and its value of channel c at
 * `data[((k * size[1] + j) * size[0] + i) * channels + c]`.
 */
export interface Volume {
  /** Voxels along i, j and k. */
  size: Triple;
  /** Millimetres between voxel centres along i, j and k; positive. */
  spacing: Triple;
  /** Centre of voxel (0, 0, 0). */
  origin: Triple;
  /** 3 x 3, row by row; column a is the unit vector of axis a. Usually, not always, a rotation. */
  direction: Matrix;
  /** Values a voxel: 1, colours, or a file's fourth dimension (time, modality). */
  channels: number;
  /** Type of a value. 64-bit integers are held in a `Float64Array`, and exact. */
  dtype: VoxelType;
  /** The values, in the order of the file. */
  data: VoxelData;
  /** The modality that a DICOM file names: `CT`, `MR`, … Absent for other files. */
  modality?: string;
  /**
   * What the user should know about the file: the assumptions made, and where the file was not taken at its word.
   * Absent where there is nothing to say.
   */
  remarks?: readonly string[];
}

const createVolumeOptionNames: OptionNames<NonNullable<Parameters<typeof createVolume>[0]>> = {
  size: true,
  data: true,
  dtype: true,
  channels: true,
  spacing: true,
  origin: true,
  direction: true,
  modality: true,
  remarks: true,
};

/**
 * Makes a volume from its voxels; spacing 1, origin 0 and axes along the world's unless given.
 *
 * Throws RangeError or TypeError when the parts contradict one another.
 *
 * @example createVolume({ size: [2, 2, 1], data: Uint8Array.of(0, 1, 1, 0), spacing: [0.5, 0.5, 3] })
 */
export function createVolume(parts: {
  /** Voxels along i, j and k. */
  size: readonly number[];
  data: VoxelData;
  /** Type of a value. Default: that of `data`. */
  dtype?: VoxelType;
  /** Values a voxel. Default 1. */
  channels?: number;
  /** Millimetres between voxel centres along i, j and k. Default 1 each. */
  spacing?: readonly number[];
  /** Centre of voxel (0, 0, 0). Default 0 each. */
  origin?: readonly number[];
  /** 3 x 3, row by row. Default: axes along the world's. */
  direction?: readonly number[];
  /** The modality that a DICOM file names. Default none. */
  modality?: string;
  /** What the user should know about it. Default none. */
  remarks?: readonly string[];
}): Volume {
  requireNames('createVolume', parts, createVolumeOptionNames);
  if (!parts?.size || !parts.data) throw new TypeError('volume: parts must have size and data');
  const volume: Volume = {
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: identity,
    channels: 1,
    dtype: voxelTypeOf(parts.data),
    ...parts,
  } as Volume; // if it is one, which is checked
  checkVolume(volume);
  return volume;
}

/** Throws RangeError or TypeError when the parts of a volume contradict one another. */
export function checkVolume({ size, spacing, origin, direction, channels, dtype, data }: Volume): void {
  for (const [name, values] of Object.entries({ size, spacing, origin })) {
    if (values.length !== 3) throw new RangeError(`volume: ${name} must have 3 numbers, got [${values.join(', ')}]`);
  }
  for (const [name, value] of Object.entries({
    'size[0]': size[0],
    'size[1]': size[1],
    'size[2]': size[2],
    channels,
  })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`volume: ${name} must be a positive integer, got ${value}`);
  }
  const count = size[0] * size[1] * size[2] * channels;
  if (data.length !== count) {
    throw new RangeError(
      `volume: ${size.join('x')} with ${channels} channels needs ${count} values, got ${data.length}`,
    );
  }
  if (!(data instanceof arrayOf[dtype]))
    throw new TypeError(`volume: dtype ${dtype} needs a ${arrayOf[dtype].name}, got ${data.constructor.name}`);
  if (!spacing.every((value) => value > 0 && Number.isFinite(value)))
    throw new RangeError(`volume: spacing must be positive, got ${spacing.join(', ')}`);
  if (![...origin, ...direction].every(Number.isFinite) || direction.length !== 9)
    throw new RangeError(`volume: origin and direction must be 3 and 9 finite numbers, got ${origin} and ${direction}`);
}

/** Bytes that the values of a volume take in a file. */
export function voxelBytes({ data, dtype }: Volume): number {
  return data.length * bytesPerVoxel[dtype];
}

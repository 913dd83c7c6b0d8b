import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import { gzipSync } from 'fflate';
import { stepsOf } from '../geometry.ts';
import { checkVolume, type Volume, voxelBytes } from '../volume.ts';
import { bytesPerVoxel, planar, type VoxelType, voxelsToBytes } from '../voxels.ts';
import { quaternionOf } from './geometry.ts';
import { offsets1, offsets2 } from './header.ts';

const codes: Record<VoxelType, number> = {
  uint8: 2,
  int16: 4,
  int32: 8,
  float32: 16,
  float64: 64,
  int8: 256,
  uint16: 512,
  uint32: 768,
  int64: 1024,
  uint64: 1280,
};

/** Options of {@link encodeNifti}. */
export interface EncodeNiftiOptions {
  /** Compress, as `.nii.gz` files are. Default false. */
  gzip?: boolean;
  /** NIfTI-1 unless given, or NIfTI-2 where a side is over 32767 voxels. Version 1 keeps positions as float32. */
  version?: 1 | 2;
}

const encodeNiftiOptionNames: OptionNames<EncodeNiftiOptions> = { gzip: true, version: true };

/**
 * Encodes a volume as one NIfTI file, little-endian, in millimetres, its position as sform and, where the axes stand
 * on one another, also as qform. Channels become the fourth dimension.
 *
 * Throws RangeError for a side over 32767 voxels in version 1, and for 64-bit integers beyond 2^53.
 *
 * @example await writeFile('mask.nii.gz', encodeNifti(mask, { gzip: true }))
 */
export function encodeNifti(volume: Volume, options: EncodeNiftiOptions = {}): Uint8Array {
  requireObject('encodeNifti: volume', volume, ['size', 'spacing', 'origin', 'direction']);
  requireOptions('encodeNifti', options, encodeNiftiOptionNames);
  const { gzip = false, version } = options;
  checkVolume(volume);
  const { size, spacing, origin, direction, channels, dtype, data } = volume;
  const sides = channels === 1 ? [3, ...size] : [4, ...size, channels];
  const largest = Math.max(...sides);
  const first = (version ?? (largest > 32767 ? 2 : 1)) === 1;
  if (first && largest > 32767)
    throw new RangeError(
      `encodeNifti: NIfTI-1 holds 32767 voxels a side, got ${sides.slice(1).join('x')}; use version 2`,
    );

  const voxelOffset = first ? 352 : 544;
  const bytes = new Uint8Array(voxelOffset + voxelBytes(volume));
  const view = new DataView(bytes.buffer);
  const at = first ? offsets1 : offsets2;
  const writeReal = (offset: number, values: readonly number[]): void =>
    values.forEach((value, i) => {
      if (first) view.setFloat32(offset + 4 * i, value, true);
      else view.setFloat64(offset + 8 * i, value, true);
    });
  const writeInteger = (offset: number, value: number): void =>
    first ? view.setInt16(offset, value, true) : view.setInt32(offset, value, true);

  view.setInt32(0, first ? 348 : 540, true);
  bytes.set(new TextEncoder().encode(first ? 'n+1\0' : 'n+2\0\r\n\x1a\n'), first ? 344 : 4);
  for (let i = 0; i < 8; i++) {
    const side = sides[i] ?? 1;
    if (first) view.setInt16(at.dim + 2 * i, side, true);
    else view.setBigInt64(at.dim + 8 * i, BigInt(side), true);
  }
  view.setInt16(at.datatype, codes[dtype], true);
  view.setInt16(at.datatype + 2, bytesPerVoxel[dtype] * 8, true);
  const turn = quaternionOf(direction);
  writeReal(at.pixdim, [turn?.mirror ?? 1, ...spacing, 1, 1, 1, 1]);
  if (first) writeReal(at.voxelOffset, [voxelOffset]);
  else view.setBigInt64(at.voxelOffset, BigInt(voxelOffset), true);
  writeReal(at.slope, [1, 0]);
  if (first) view.setUint8(at.units, 2);
  else view.setInt32(at.units, 2, true);
  writeInteger(at.qformCode, turn ? 1 : 0);
  writeInteger(at.qformCode + (first ? 2 : 4), 1);
  if (turn) writeReal(at.quaternion, [...turn.quaternion, ...origin]);
  const steps = stepsOf(volume);
  writeReal(
    at.sform,
    [0, 1, 2].flatMap((row) => [...steps.map((step) => step[row]!), origin[row]!]),
  );
  bytes.set(voxelsToBytes(planar(data, dtype, channels), dtype), voxelOffset);
  // Without a time of day the same volume gives the same bytes.
  return gzip ? gzipSync(bytes, { level: 6, mtime: 0 }) : bytes;
}

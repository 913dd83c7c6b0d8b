import { FormatError } from '../format-error.ts';

/** What a NIfTI-1 or NIfTI-2 header says, with the numbers as they stand. */
export interface NiftiHeader {
  version: 1 | 2;
  littleEndian: boolean;
  /** Whether the voxels are in a file of their own (.img). */
  isPair: boolean;
  /** One to seven sizes. */
  dims: number[];
  datatype: number;
  voxelOffset: number;
  slope: number;
  intercept: number;
  pixdim: number[];
  /** Millimetres of the spatial unit. */
  unit: number;
  qformCode: number;
  sformCode: number;
  quaternion: [number, number, number];
  quaternionOffset: [number, number, number];
  /** Three rows of four. */
  sform: number[];
}

const sizes = { 1: 348, 2: 540 } as const;
/** Enough bytes for either header. */
export const niftiHeaderBytes = 544;

/** The version that the first bytes of a file declare, and the order of its bytes. */
function identify(bytes: Uint8Array): { version: 1 | 2; littleEndian: boolean } | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const size = view.getInt32(0, littleEndian);
    // Where the file ends before its magic, the size of the header must do.
    if (size === sizes[1] && (bytes.length < sizes[1] || /^n[i+]1\0/.test(ascii(bytes, 344))))
      return { version: 1, littleEndian };
    if (size === sizes[2] && (bytes.length < 8 || /^n[i+]2\0/.test(ascii(bytes, 4))))
      return { version: 2, littleEndian };
  }
  return undefined;
}

export const isNifti = (bytes: Uint8Array): boolean => identify(bytes) !== undefined;

/**
 * Reads a header of either version (nifti1.h, nifti2.h) and checks its dimensions.
 *
 * Throws FormatError for what is not one, and for dimensions that are not 1 to 7 positive numbers.
 */
export function readNiftiHeader(bytes: Uint8Array, file?: string): NiftiHeader {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  const { version, littleEndian } =
    identify(bytes) ?? fail('a NIfTI file must start with a header of 348 or 540 bytes and a NIfTI magic', 0);
  if (bytes.length < sizes[version]) fail('the NIfTI file is truncated: it ends inside its header', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = version === 1;
  const at = first ? offsets1 : offsets2;
  const short = (offset: number): number => view.getInt16(offset, littleEndian);
  const integer = (offset: number): number => (first ? short(offset) : view.getInt32(offset, littleEndian));
  const long = (offset: number): number => Number(view.getBigInt64(offset, littleEndian));
  const real = (offset: number): number =>
    first ? view.getFloat32(offset, littleEndian) : view.getFloat64(offset, littleEndian);
  const reals = (offset: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => real(offset + i * (first ? 4 : 8)));
  const dim = (i: number): number => (first ? short(at.dim + 2 * i) : long(at.dim + 8 * i));

  const rank = dim(0);
  if (!(rank >= 1 && rank <= 7)) fail(`a NIfTI file must have 1 to 7 dimensions, got ${rank}`, at.dim);
  // A size of 0 past the plane is an axis that is not used, as in the NIfTI library and ITK.
  const dims = Array.from({ length: rank }, (_, i) => (i > 1 && dim(i + 1) === 0 ? 1 : dim(i + 1)));
  if (!dims.every((size) => size >= 1)) fail(`NIfTI dimensions must be 1 or more, got ${dims.join('x')}`, at.dim);
  const isPair = bytes[(first ? 344 : 4) + 1] === 0x69; // "ni1" or "n+1"
  const declared = first ? real(at.voxelOffset) : long(at.voxelOffset);
  const voxelOffset = !isPair && declared === 0 ? sizes[version] + 4 : declared;
  if (!Number.isSafeInteger(voxelOffset) || voxelOffset < (isPair ? 0 : sizes[version]))
    fail(`the NIfTI voxels must start after the header, got byte ${declared}`, at.voxelOffset);
  return {
    version,
    littleEndian,
    isPair,
    dims,
    datatype: short(at.datatype),
    voxelOffset,
    slope: real(at.slope),
    intercept: real(at.slope + (first ? 4 : 8)),
    pixdim: reals(at.pixdim, 8),
    unit: units[(first ? view.getUint8(at.units) : view.getInt32(at.units, littleEndian)) & 7] ?? 1,
    qformCode: integer(at.qformCode),
    sformCode: integer(at.qformCode + (first ? 2 : 4)),
    quaternion: reals(at.quaternion, 3) as [number, number, number],
    quaternionOffset: reals(at.quaternion + (first ? 12 : 24), 3) as [number, number, number],
    sform: reals(at.sform, 12),
  };
}

/** Byte offsets of nifti1.h. */
export const offsets1 = {
  dim: 40,
  datatype: 70,
  pixdim: 76,
  voxelOffset: 108,
  slope: 112,
  units: 123,
  qformCode: 252,
  quaternion: 256,
  sform: 280,
} as const;

/** Byte offsets of nifti2.h. */
export const offsets2 = {
  dim: 16,
  datatype: 12,
  pixdim: 104,
  voxelOffset: 168,
  slope: 176,
  units: 500,
  qformCode: 344,
  quaternion: 352,
  sform: 400,
} as const;

/** Millimetres in a metre, a millimetre and a micrometre, by NIFTI_UNITS code. */
const units: Record<number, number> = { 1: 1000, 2: 1, 3: 0.001 };

const ascii = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

import { type OptionNames, requireBytes, requireNames } from '@medseg/arguments';
import { openBytes } from '../bytes/byte-source.ts';
import { FormatError } from '../format-error.ts';
import { type DecodeOptions, defaultMaxBytes } from '../image.ts';
import { createVolume, type Volume } from '../volume.ts';
import { bytesPerVoxel, interleave, takeVoxels, type VoxelData, type VoxelType } from '../voxels.ts';
import { niftiGeometry } from './geometry.ts';
import { niftiHeaderBytes, readNiftiHeader } from './header.ts';

/** Limits, and the second file of a pair. */
export interface DecodeVolumeOptions extends DecodeOptions {
  /**
   * Content of the file that holds the voxels when the header is a file of its own (.img, .raw, .zraw). Needed only
   * for such pairs.
   */
  voxels?: Uint8Array;
}

export const decodeVolumeOptionNames: OptionNames<DecodeVolumeOptions> = { voxels: true, maxBytes: true };

/** NIfTI codes: type of a number, and numbers a voxel; the header's slope applies where that is one. */
const types: Record<number, { dtype: VoxelType; numbers: number }> = {
  2: { dtype: 'uint8', numbers: 1 },
  4: { dtype: 'int16', numbers: 1 },
  8: { dtype: 'int32', numbers: 1 },
  16: { dtype: 'float32', numbers: 1 },
  32: { dtype: 'float32', numbers: 2 },
  64: { dtype: 'float64', numbers: 1 },
  128: { dtype: 'uint8', numbers: 3 },
  256: { dtype: 'int8', numbers: 1 },
  512: { dtype: 'uint16', numbers: 1 },
  768: { dtype: 'uint32', numbers: 1 },
  1024: { dtype: 'int64', numbers: 1 },
  1280: { dtype: 'uint64', numbers: 1 },
  1792: { dtype: 'float64', numbers: 2 },
  2304: { dtype: 'uint8', numbers: 4 },
};
const unread: Record<number, string> = { 1: '1 bit', 1536: 'float128', 2048: 'complex256' };

/**
 * Decodes NIfTI-1 and NIfTI-2, of either byte order: `.nii`, `.nii.gz`, and a `.hdr` whose `.img` is `options.voxels`.
 *
 * A slope and intercept are applied and make float32 of values up to 16 bits and float32, float64 of wider ones.
 * Colours and complex numbers become channels, and so does everything past the third dimension. Position is taken
 * from the sform, else the qform, else the spacings as nibabel reads them; metres and micrometres become millimetres.
 * nifti-reader-js is not used: it inflates without a limit, and leaves the values and the position to the caller.
 *
 * Throws FormatError for everything that is wrong with the bytes, for 1-bit, float128 and complex256 voxels, and for
 * sizes over `maxBytes`.
 *
 * @example const { size, spacing, data } = decodeNifti(bytes, 'hippocampus_001.nii.gz')
 */
export function decodeNifti(bytes: Uint8Array, name?: string, options: DecodeVolumeOptions = {}): Volume {
  requireBytes('decodeNifti', bytes);
  requireNames('decodeNifti', options, decodeVolumeOptionNames);
  const { maxBytes = defaultMaxBytes, voxels } = options;
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  const file = openBytes(bytes, name);
  const header = readNiftiHeader(file.head(niftiHeaderBytes), name);
  const { dims, datatype, slope, intercept } = header;
  const type =
    types[datatype] ??
    fail(`NIfTI voxels of type ${datatype}${unread[datatype] ? ` (${unread[datatype]})` : ''} are not read`);
  if (header.isPair && !voxels) fail('a NIfTI header of a pair needs the content of its .img file');

  const size = [dims[0]!, dims[1] ?? 1, dims[2] ?? 1] as const;
  const frames = dims.slice(3).reduce((product, count) => product * count, 1);
  const count = size[0] * size[1] * size[2] * frames * type.numbers;
  const isScaled =
    type.numbers === 1 &&
    slope !== 0 &&
    Number.isFinite(slope) &&
    Number.isFinite(intercept) &&
    !(slope === 1 && intercept === 0);
  const dtype = isScaled
    ? bytesPerVoxel[type.dtype] <= 2 || type.dtype === 'float32'
      ? 'float32'
      : 'float64'
    : type.dtype;
  const storedBytes = count * bytesPerVoxel[type.dtype];
  const decodedBytes = Math.max(storedBytes, count * bytesPerVoxel[dtype]);
  if (decodedBytes > maxBytes)
    fail(`the NIfTI file declares ${dims.join('x')} voxels, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`);
  const geometry =
    niftiGeometry(header) ??
    fail(`the position of the NIfTI voxels must be finite and span space, got ${describePosition(header)}`);

  const source = header.isPair ? openBytes(voxels!, name) : file;
  const stored = takeVoxels(source.read(header.voxelOffset, storedBytes), type.dtype, header.littleEndian, name);
  const values = isScaled ? scale(stored, dtype === 'float32' ? Float32Array : Float64Array, slope, intercept) : stored;
  // Numbers of one voxel stand together; frames stand one after the other.
  const merged = frames === 1 ? values : gatherFrames(values, dtype, type.numbers, frames);
  return createVolume({ size, channels: frames * type.numbers, dtype, data: merged, ...geometry });
}

function scale(
  stored: VoxelData,
  Target: typeof Float32Array | typeof Float64Array,
  slope: number,
  intercept: number,
): Float32Array | Float64Array {
  const values = stored instanceof Target ? stored : new Target(stored.length);
  for (let i = 0; i < stored.length; i++) values[i] = stored[i]! * slope + intercept;
  return values;
}

function gatherFrames(values: VoxelData, dtype: VoxelType, numbers: number, frames: number): VoxelData {
  if (numbers === 1) return interleave(values, dtype, values.length / frames, frames);
  const out = values.slice();
  const voxels = values.length / frames / numbers;
  for (let frame = 0, from = 0; frame < frames; frame++) {
    for (let voxel = 0; voxel < voxels; voxel++) {
      for (let n = 0; n < numbers; n++) out[(voxel * frames + frame) * numbers + n] = values[from++]!;
    }
  }
  return out;
}

function describePosition(header: { sformCode: number; qformCode: number; sform: number[]; pixdim: number[] }): string {
  if (header.sformCode > 0) return `sform ${header.sform.join(' ')}`;
  return `${header.qformCode > 0 ? 'qform with ' : ''}spacings ${header.pixdim.slice(1, 4).join(' ')}`;
}

import { requireBytes, requireOptions } from '@medseg/arguments';
import { compressed, plain } from '../bytes/byte-source.ts';
import { readTextVoxels } from '../bytes/text-voxels.ts';
import { FormatError } from '../format-error.ts';
import { flipWorld, type Geometry, geometryOf, type Triple } from '../geometry.ts';
import { defaultMaxBytes } from '../image.ts';
import type { DecodeVolumeOptions } from '../nifti/decode.ts';
import { decodeVolumeOptionNames } from '../nifti/decode.ts';
import { createVolume, type Volume } from '../volume.ts';
import { bytesPerVoxel, interleave, takeVoxels, type VoxelData, type VoxelType } from '../voxels.ts';
import { readMetaHeader } from './header.ts';

const types: Record<string, VoxelType> = {
  MET_CHAR: 'int8',
  MET_UCHAR: 'uint8',
  MET_SHORT: 'int16',
  MET_USHORT: 'uint16',
  MET_INT: 'int32',
  MET_UINT: 'uint32',
  MET_LONG_LONG: 'int64',
  MET_ULONG_LONG: 'uint64',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};

/**
 * Decodes MetaImage: `.mha`, and `.mhd` with its data in `options.voxels`; plain, zlib or text; 2 to 4 dimensions, of
 * which the fourth, like the channels of an element, becomes channels.
 *
 * The header's world is taken as LPS, as ITK takes it. Written here because no kept library reads MetaImage within
 * limits outside of a WebAssembly pipeline.
 *
 * Throws FormatError for everything that is wrong with the bytes, for data in several files, for MET_LONG, which has
 * 4 bytes on one system and 8 on another, and for sizes over `maxBytes`.
 *
 * @example const { size, spacing, data } = decodeMetaImage(bytes, 'scan.mha')
 */
export function decodeMetaImage(bytes: Uint8Array, name?: string, options: DecodeVolumeOptions = {}): Volume {
  requireBytes('decodeMetaImage', bytes);
  requireOptions('decodeMetaImage', options, decodeVolumeOptionNames);
  const { maxBytes = defaultMaxBytes, voxels } = options;
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  const { fields, dataOffset } = readMetaHeader(bytes, name);
  const numbers = (...names: string[]): number[] | undefined =>
    names
      .map((key) => fields.get(key))
      .find((text) => text !== undefined)
      ?.split(/\s+/)
      .map(Number);
  const isTrue = (key: string): boolean => /^(true|t|1)$/i.test(fields.get(key) ?? '');

  const rank = numbers('ndims')?.[0] ?? 0;
  const sides = numbers('dimsize') ?? [];
  if (!(rank >= 2 && rank <= 4) || sides.length !== rank)
    fail(
      `a MetaImage must have 2 to 4 sizes, as many as NDims, got ${fields.get('dimsize')} for ${fields.get('ndims')}`,
    );
  const perVoxel = numbers('elementnumberofchannels')?.[0] ?? 1;
  if (![...sides, perVoxel].every((side) => Number.isSafeInteger(side) && side >= 1))
    fail(`MetaImage sizes and channels must be 1 or more, got ${sides.join('x')} and ${perVoxel}`);
  const elementType = (fields.get('elementtype') ?? '').replace(/_ARRAY$/, '');
  const dtype =
    types[elementType] ?? fail(`a MetaImage ElementType must be a number's, got ${fields.get('elementtype')}`);
  const size = [sides[0]!, sides[1]!, sides[2] ?? 1] as const;
  const frames = sides[3] ?? 1;
  if (frames > 1 && perVoxel > 1) fail(`a MetaImage may have a fourth dimension or several channels, got both`);
  const count = size[0] * size[1] * size[2] * frames * perVoxel;
  const length = count * bytesPerVoxel[dtype];
  if (length > maxBytes)
    fail(`the MetaImage declares ${sides.join('x')} voxels, ${length} bytes; the limit maxBytes is ${maxBytes}`);
  const geometry = metaGeometry(numbers, rank, fail);

  const dataFile = fields.get('elementdatafile');
  if (dataFile !== 'LOCAL' && !voxels) fail(`a MetaImage header needs the content of its data file ${dataFile}`);
  const body = dataFile === 'LOCAL' ? bytes.subarray(dataOffset) : voxels!;
  const headerSize = numbers('headersize')?.[0] ?? 0;
  if (!Number.isSafeInteger(headerSize) || headerSize < -1)
    fail(`a MetaImage HeaderSize must be -1 or more, got ${headerSize}`);
  let values: VoxelData;
  if (fields.has('binarydata') && !isTrue('binarydata')) {
    values = readTextVoxels(body, count, dtype, name);
  } else {
    const isBigEndian = isTrue('binarydatabyteordermsb') || isTrue('elementbyteordermsb');
    const isCompressed = isTrue('compresseddata');
    // -1 means that the data is what the file ends with.
    const skip = headerSize === -1 ? (isCompressed ? 0 : Math.max(0, body.length - length)) : headerSize;
    const source = isCompressed ? compressed(body.subarray(skip), 'zlib', name) : plain(body.subarray(skip), name);
    values = takeVoxels(source.read(0, length), dtype, !isBigEndian, name);
  }
  const data = frames > 1 ? interleave(values, dtype, count / frames, frames) : values;
  return createVolume({ size, channels: frames * perVoxel, dtype, data, ...geometry });
}

function metaGeometry(
  numbers: (...names: string[]) => number[] | undefined,
  rank: number,
  fail: (rule: string) => never,
): Geometry {
  const spacing = numbers('elementspacing', 'elementsize') ?? [];
  const offset = numbers('offset', 'position', 'origin') ?? [];
  const matrix = numbers('transformmatrix', 'rotation', 'orientation');
  // The first `rank` numbers are the direction of the first axis.
  const step = (axis: number): Triple => {
    const length = axis < rank ? (spacing[axis] ?? 1) : 1;
    const unit = (row: number): number =>
      matrix && axis < rank && row < rank ? (matrix[axis * rank + row] ?? Number.NaN) : row === axis ? 1 : 0;
    return [unit(0) * length, unit(1) * length, unit(2) * length];
  };
  const origin: Triple = [offset[0] ?? 0, offset[1] ?? 0, rank > 2 ? (offset[2] ?? 0) : 0];
  const geometry = geometryOf([step(0), step(1), step(2)], origin);
  return geometry ? flipWorld(geometry) : fail('MetaImage spacing, matrix and offset must be finite and span space');
}

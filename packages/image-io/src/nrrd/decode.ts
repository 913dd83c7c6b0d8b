import { requireBytes, requireOptions } from '@medseg/arguments';
import { type ByteSource, compressed, plain } from '../bytes/byte-source.ts';
import { readHex } from '../bytes/hex.ts';
import { readTextVoxels } from '../bytes/text-voxels.ts';
import { FormatError } from '../format-error.ts';
import { defaultMaxBytes } from '../image.ts';
import type { DecodeVolumeOptions } from '../nifti/decode.ts';
import { decodeVolumeOptionNames } from '../nifti/decode.ts';
import { createVolume, type Volume } from '../volume.ts';
import { bytesPerVoxel, interleave, takeVoxels, type VoxelData } from '../voxels.ts';
import { readNrrdAxes } from './axes.ts';
import { nrrdTypes, readNrrdHeader } from './header.ts';

/**
 * Decodes NRRD: raw, gzip, ascii or hex; up to three axes of space and one other, which becomes channels; a detached header
 * (`.nhdr`) with its data in `options.voxels`.
 *
 * Positions in RAS, LAS and LPS are read, no space is taken as LPS, and axes without directions as lying along the
 * world's. Written here because no kept library reads NRRD within limits outside of a WebAssembly pipeline.
 *
 * Throws FormatError for everything that is wrong with the bytes, for the encoding bzip2, data in several
 * files, other spaces, and for sizes over `maxBytes`.
 *
 * @example const { size, direction, data } = decodeNrrd(bytes, 'label.nrrd')
 */
export function decodeNrrd(bytes: Uint8Array, name?: string, options: DecodeVolumeOptions = {}): Volume {
  requireBytes('decodeNrrd', bytes);
  requireOptions('decodeNrrd', options, decodeVolumeOptionNames);
  const { maxBytes = defaultMaxBytes, voxels } = options;
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  const header = readNrrdHeader(bytes, name);
  const field = (key: string): string | undefined => header.fields.get(key);
  const dtype =
    nrrdTypes[field('type')?.toLowerCase() ?? ''] ?? fail(`an NRRD type must be a number's, got ${field('type')}`);
  const { size, channels, channelStride, geometry } = readNrrdAxes(header, fail);
  const count = size[0] * size[1] * size[2] * channels;
  const length = count * bytesPerVoxel[dtype];
  if (length > maxBytes)
    fail(`the NRRD file declares ${field('sizes')} values, ${length} bytes; the limit maxBytes is ${maxBytes}`);

  const detached = field('data file');
  if (detached !== undefined && !voxels) fail(`an NRRD header needs the content of its data file ${detached}`);
  const lineSkip = wholeNumber(field('line skip'), 'line skip', fail);
  const body = afterLines(detached === undefined ? bytes.subarray(header.dataOffset) : voxels!, lineSkip);
  const byteSkip = wholeNumber(field('byte skip'), 'byte skip', fail);
  const endian = field('endian')?.toLowerCase() ?? (bytesPerVoxel[dtype] === 1 ? 'little' : undefined);
  const encoding = field('encoding')?.toLowerCase();
  let values: VoxelData;
  if (encoding === 'ascii' || encoding === 'text' || encoding === 'txt') {
    values = readTextVoxels(body.subarray(Math.max(byteSkip, 0)), count, dtype, name);
  } else {
    let source: ByteSource;
    if (encoding === 'raw') source = plain(body, name);
    else if (encoding === 'gzip' || encoding === 'gz') source = compressed(body, 'gzip', name);
    else if (encoding === 'hex') source = plain(readHex(body.subarray(Math.max(byteSkip, 0)), length, name), name);
    else return fail(`NRRD encoding must be raw, gzip, ascii or hex, got ${encoding}`);
    if (endian !== 'little' && endian !== 'big') fail(`NRRD endian must be little or big, got ${endian}`);
    if (byteSkip < 0 && encoding !== 'raw') fail(`NRRD byte skip -1 goes with raw data only, got ${encoding}`);
    // -1 means that the data is what the file ends with.
    const skip = encoding === 'hex' ? 0 : byteSkip < 0 ? Math.max(0, body.length - length) : byteSkip;
    values = takeVoxels(source.read(skip, length), dtype, endian === 'little', name);
  }
  return createVolume({ size, channels, dtype, data: interleave(values, dtype, channelStride, channels), ...geometry });
}

function wholeNumber(text: string | undefined, name: string, fail: (rule: string) => never): number {
  const value = text === undefined ? 0 : Number(text);
  const least = name === 'byte skip' ? -1 : 0;
  if (!Number.isSafeInteger(value) || value < least) fail(`NRRD ${name} must be ${least} or more, got ${text}`);
  return value;
}

function afterLines(bytes: Uint8Array, lines: number): Uint8Array {
  let offset = 0;
  for (let line = 0; line < lines && offset < bytes.length; line++) {
    const newline = bytes.indexOf(10, offset);
    offset = newline < 0 ? bytes.length : newline + 1;
  }
  return bytes.subarray(offset);
}

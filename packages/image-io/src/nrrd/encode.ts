import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import { gzipSync } from 'fflate';
import { flipWorld, stepsOf } from '../geometry.ts';
import { checkVolume, type Volume } from '../volume.ts';
import { type VoxelType, voxelsToBytes } from '../voxels.ts';

const names: Record<VoxelType, string> = {
  uint8: 'uint8',
  int8: 'int8',
  uint16: 'uint16',
  int16: 'int16',
  uint32: 'uint32',
  int32: 'int32',
  uint64: 'uint64',
  int64: 'int64',
  float32: 'float',
  float64: 'double',
};

/** Options of {@link encodeNrrd}. */
export interface EncodeNrrdOptions {
  /** Compress the voxels; true unless given. */
  gzip?: boolean;
  /** Key/value pairs of the header, in which programs keep what the format has no field for. Default none. */
  keyValues?: Readonly<Record<string, string>>;
}

const encodeNrrdOptionNames: OptionNames<EncodeNrrdOptions> = { gzip: true, keyValues: true };

/**
 * Encodes a volume as NRRD with its data in the file, little-endian, in LPS as ITK and 3D Slicer write it. Positions
 * are written with every digit. Channels become the first axis.
 *
 * Throws RangeError for 64-bit integers beyond 2^53, and for keys that the header cannot hold.
 *
 * @example await writeFile('mask.nrrd', encodeNrrd(mask))
 */
export function encodeNrrd(volume: Volume, options: EncodeNrrdOptions = {}): Uint8Array {
  requireObject('encodeNrrd: volume', volume, ['size', 'spacing', 'origin', 'direction']);
  requireOptions('encodeNrrd', options, encodeNrrdOptionNames);
  const { gzip = true, keyValues = {} } = options;
  checkVolume(volume);
  const { size, channels, dtype, data } = volume;
  const lps = flipWorld(volume);
  const vector = (numbers: readonly number[]): string => `(${numbers.join(',')})`;
  const vectors = stepsOf(lps).map(vector);
  const many = channels > 1;
  const header = [
    'NRRD0004',
    `type: ${names[dtype]}`,
    `dimension: ${many ? 4 : 3}`,
    'space: left-posterior-superior',
    `sizes: ${(many ? [channels, ...size] : size).join(' ')}`,
    `space directions: ${(many ? ['none', ...vectors] : vectors).join(' ')}`,
    `kinds: ${many ? 'vector ' : ''}domain domain domain`,
    'endian: little',
    `encoding: ${gzip ? 'gzip' : 'raw'}`,
    `space origin: ${vector(lps.origin)}`,
    ...Object.entries(keyValues).map(keyValueLine),
    '',
    '',
  ].join('\n');
  const voxels = voxelsToBytes(data, dtype);
  const body = gzip ? gzipSync(voxels, { level: 6, mtime: 0 }) : voxels;
  const head = new TextEncoder().encode(header);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** A line of a key and its value, in which backslashes and line ends are escaped (nrrd format, "key/value pairs"). */
function keyValueLine([key, value]: [string, string]): string {
  if (key === '' || key.startsWith('#') || /:=|[\r\n]/.test(key))
    throw new RangeError(`encodeNrrd: a key must be one line without ":=", got ${JSON.stringify(key)}`);
  return `${key}:=${value.replaceAll('\\', '\\\\').replaceAll(/\r\n|\r|\n/g, '\\n')}`;
}

import { FormatError } from './format-error.ts';

/** Types of a voxel's value in a file. */
export type VoxelType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float32'
  | 'float64';

/** The values of a volume, in the type that its file has them in. */
export type VoxelData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

type VoxelArray = {
  new (length: number): VoxelData;
  new (buffer: ArrayBufferLike, offset: number, length: number): VoxelData;
};

/** The array that holds values of a type; 64-bit integers are held as float64, which is exact up to 2^53. */
export const arrayOf: Record<VoxelType, VoxelArray> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: Float64Array,
  int64: Float64Array,
  float32: Float32Array,
  float64: Float64Array,
};

export const bytesPerVoxel: Record<VoxelType, number> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8,
};

/** The type that an array holds. */
export function voxelTypeOf(data: VoxelData): VoxelType {
  const name = data.constructor.name.replace('Array', '').toLowerCase() as VoxelType;
  return data instanceof Uint8Array ? 'uint8' : name; // Buffer is a Uint8Array of another name
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Reads bytes as values of a type. The bytes must be the caller's own: they are swapped in place and, where they lie
 * well, become the memory of the result.
 *
 * Throws FormatError for a 64-bit integer beyond 2^53.
 */
export function takeVoxels(bytes: Uint8Array, type: VoxelType, littleEndian: boolean, file?: string): VoxelData {
  const width = bytesPerVoxel[type];
  const length = bytes.length / width;
  if (type === 'int64' || type === 'uint64') return readLongs(bytes, type, littleEndian, file);
  if (littleEndian !== hostIsLittleEndian) swap(bytes, width);
  const own = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return new arrayOf[type](own.buffer, own.byteOffset, length);
}

function readLongs(
  bytes: Uint8Array,
  type: 'int64' | 'uint64',
  littleEndian: boolean,
  file: string | undefined,
): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float64Array(bytes.length / 8);
  const [high, low] = littleEndian ? [4, 0] : [0, 4];
  for (let i = 0; i < data.length; i++) {
    const upper =
      type === 'int64' ? view.getInt32(8 * i + high, littleEndian) : view.getUint32(8 * i + high, littleEndian);
    const value = upper * 2 ** 32 + view.getUint32(8 * i + low, littleEndian);
    if (!Number.isSafeInteger(value))
      throw new FormatError(`a ${type} must lie within 2^53, got about ${value} at voxel ${i}`, { file });
    data[i] = value;
  }
  return data;
}

function swap(bytes: Uint8Array, width: number): void {
  for (let start = 0; width > 1 && start < bytes.length; start += width) {
    for (let a = start, b = start + width - 1; a < b; a++, b--) {
      const byte = bytes[a]!;
      bytes[a] = bytes[b]!;
      bytes[b] = byte;
    }
  }
}

/** The bytes of values, little-endian. Throws RangeError for a value that a 64-bit integer cannot hold. */
export function voxelsToBytes(data: VoxelData, type: VoxelType): Uint8Array {
  if (type === 'int64' || type === 'uint64') {
    const longs = type === 'int64' ? new BigInt64Array(data.length) : new BigUint64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      if (!Number.isSafeInteger(data[i]))
        throw new RangeError(`volume: a ${type} must be an integer within 2^53, got ${data[i]} at voxel ${i}`);
      longs[i] = BigInt(data[i]!);
    }
    return toLittleEndian(new Uint8Array(longs.buffer), 8);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return hostIsLittleEndian ? bytes : toLittleEndian(bytes.slice(), bytesPerVoxel[type]);
}

function toLittleEndian(bytes: Uint8Array, width: number): Uint8Array {
  if (!hostIsLittleEndian) swap(bytes, width);
  return bytes;
}

/**
 * Brings the values of one voxel together. The file has `inner` voxels of one channel, then those of the next, and so
 * again: `inner` is 1 where they are together already.
 */
export function interleave(data: VoxelData, type: VoxelType, inner: number, channels: number): VoxelData {
  if (channels === 1 || inner === 1) return data;
  const out = new arrayOf[type](data.length);
  for (let start = 0, to = 0; start < data.length; start += inner * channels) {
    for (let i = 0; i < inner; i++) for (let c = 0; c < channels; c++) out[to++] = data[start + c * inner + i]!;
  }
  return out;
}

/** The reverse of `interleave` over a whole volume: one channel after the other. */
export function planar(data: VoxelData, type: VoxelType, channels: number): VoxelData {
  return interleave(data, type, channels, data.length / channels);
}

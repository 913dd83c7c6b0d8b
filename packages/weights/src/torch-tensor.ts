import { bfloatToFloat, halfToFloat } from './half.ts';
import type { ArrayData } from './safetensors-dtype.ts';

/** An element type of PyTorch: its size, and its values as a typed array. */
export interface TorchType {
  readonly bytes: number;
  readonly read: (buffer: ArrayBuffer) => ArrayData;
}

/** The element types by the names of their storages; half floats are widened. */
export const TORCH_STORAGES: Readonly<Record<string, TorchType>> = {
  DoubleStorage: { bytes: 8, read: (buffer) => new Float64Array(buffer) },
  FloatStorage: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  HalfStorage: { bytes: 2, read: (buffer) => halfToFloat(new Uint16Array(buffer)) },
  BFloat16Storage: { bytes: 2, read: (buffer) => bfloatToFloat(new Uint16Array(buffer)) },
  LongStorage: { bytes: 8, read: (buffer) => new BigInt64Array(buffer) },
  IntStorage: { bytes: 4, read: (buffer) => new Int32Array(buffer) },
  ShortStorage: { bytes: 2, read: (buffer) => new Int16Array(buffer) },
  CharStorage: { bytes: 1, read: (buffer) => new Int8Array(buffer) },
  ByteStorage: { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  BoolStorage: { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
};

/** A run of elements in the file, found by its key. */
export class TorchStorage {
  constructor(
    readonly type: TorchType,
    readonly key: string,
    /** Elements of the whole run. */
    readonly length: number,
    /** Where a view of the run begins, in elements. */
    readonly start: number,
  ) {}
}

/** A tensor as the pickle describes it: a strided view of a storage. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  get size(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }
}

/** Checks that every element of a tensor is inside its storage. */
export function checkTensor(
  { storage, offset, shape, strides, size }: TorchTensor,
  refuse: (rule: string) => never,
): void {
  if (shape.length !== strides.length || shape.length > 64) {
    refuse(`a tensor must have a stride for each of at most 64 axes, got ${shape.length} and ${strides.length}`);
  }
  if (!Number.isSafeInteger(size)) refuse(`the shape of a tensor must not overflow, got [${shape}]`);
  if (size === 0) return;
  const last = shape.reduce((at, length, axis) => at + (length - 1) * strides[axis]!, storage.start + offset);
  if (!(last < storage.length)) {
    refuse(`a tensor of shape [${shape}] must lie within its storage of ${storage.length} values, it ends at ${last}`);
  }
}

/** A tensor's values, row-major, copied from the bytes of its storage. */
export function readTensor({ storage, offset, shape, strides, size }: TorchTensor, bytes: Uint8Array): ArrayData {
  const { bytes: width, read } = storage.type;
  const result = new Uint8Array(size * width);
  const begin = storage.start + offset;
  if (isContiguous(shape, strides)) {
    if (size > 0) result.set(bytes.subarray(begin * width, (begin + size) * width));
    return read(result.buffer);
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = begin;
  for (let to = 0; to < size; to++) {
    for (let i = 0; i < width; i++) result[to * width + i] = bytes[from * width + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return read(result.buffer);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

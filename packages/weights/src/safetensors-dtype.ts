import { bfloatToFloat, halfToFloat } from './half.ts';

/** An element type: its size, the array of its values, and for half floats what widens them. */
interface Dtype {
  bytes: number;
  array: ArrayConstructor;
  widen?: (bits: Uint16Array) => Float32Array;
}

/** The element types that we read, by their names in safetensors; half floats are widened, the others written too. */
export const DTYPES: Record<string, Dtype> = {
  F64: { bytes: 8, array: Float64Array },
  F32: { bytes: 4, array: Float32Array },
  I64: { bytes: 8, array: BigInt64Array },
  I32: { bytes: 4, array: Int32Array },
  U32: { bytes: 4, array: Uint32Array },
  I16: { bytes: 2, array: Int16Array },
  U16: { bytes: 2, array: Uint16Array },
  I8: { bytes: 1, array: Int8Array },
  U8: { bytes: 1, array: Uint8Array },
  BOOL: { bytes: 1, array: Uint8Array },
  F16: { bytes: 2, array: Float32Array, widen: halfToFloat },
  BF16: { bytes: 2, array: Float32Array, widen: bfloatToFloat },
};

/** The values of an array, in the type that its format has them in; half precision is widened to float32. */
export type ArrayData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

type ArrayConstructor = new (buffer: ArrayBuffer) => ArrayData;

/** A named array: row-major values and their shape. */
export interface NamedArray {
  /** Sizes along each axis; empty for a single number. */
  readonly shape: readonly number[];
  /** The values, row after row. */
  readonly data: ArrayData;
}

export function dtypeOf(data: ArrayData): string {
  for (const [name, { array }] of Object.entries(DTYPES)) {
    if (data instanceof array) return name;
  }
  throw new TypeError('safetensors: data must be a typed array that the format knows');
}

/** The element types that we read and write, by their names in safetensors. */
export const DTYPES: Record<string, { bytes: number; array: ArrayConstructor }> = {
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
};

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
  readonly shape: readonly number[];
  readonly data: ArrayData;
}

export function dtypeOf(data: ArrayData): string {
  for (const [name, { array }] of Object.entries(DTYPES)) {
    if (data instanceof array) return name;
  }
  throw new TypeError('safetensors: data must be a typed array that the format knows');
}

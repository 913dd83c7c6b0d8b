import { readFileSync } from 'node:fs';

/** One array of a safetensors file. */
export interface StoredArray {
  readonly shape: number[];
  readonly data: Uint8Array | Int32Array | Float32Array | Float64Array;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/**
 * Reads the arrays of a safetensors file: eight bytes of header length, a JSON header, the data. Enough for the
 * fixtures (U8, I32, F32, F64); throws Error naming an entry of another type.
 */
export function readSafetensors(path: string): Map<string, StoredArray> {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, Entry>;
  const arrays = new Map<string, StoredArray>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    // A copy, so that the elements are aligned.
    const { buffer } = new Uint8Array(bytes.subarray(start + offsets[0], start + offsets[1]));
    arrays.set(name, { shape, data: view(dtype, buffer, name) });
  }
  return arrays;
}

function view(dtype: string, buffer: ArrayBuffer, name: string): StoredArray['data'] {
  switch (dtype) {
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    default:
      throw new Error(`readSafetensors: ${name} has type ${dtype}, which the fixtures do not use`);
  }
}

import { readFileSync } from 'node:fs';
import { type ArrayData, decodeSafetensors } from '@medseg/weights';

/** One array of a fixture. */
export interface StoredArray {
  readonly shape: number[];
  readonly data: Exclude<ArrayData, BigInt64Array>;
}

/** The arrays of a fixture's safetensors file. Throws FormatError where it is none, Error for 64-bit integers. */
export function readSafetensors(path: string): Map<string, StoredArray> {
  const arrays = new Map<string, StoredArray>();
  for (const [name, { shape, data }] of decodeSafetensors(readFileSync(path), path).tensors) {
    if (data instanceof BigInt64Array) throw new Error(`${path}: ${name} has 64-bit integers, which no fixture uses`);
    arrays.set(name, { shape: [...shape], data });
  }
  return arrays;
}

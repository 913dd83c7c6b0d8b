export { FormatError } from './format-error.ts';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts';
export type { ArrayData, NamedArray } from './safetensors-dtype.ts';

export { requireBytes } from '@medseg/arguments';
export { FormatError } from './format-error.ts';
export { inferOfficialOptions, type UnseenOfficialOptions } from './infer-official-options.ts';
export {
  inferLucidrainsOptions,
  inferSeedOptions,
  type ReferenceOptions,
  type UnseenOptions,
} from './infer-options.ts';
export {
  exportWeights,
  fromReference,
  type ImportReport,
  importWeights,
  type NameMap,
  type ReferenceWeight,
} from './name-map.ts';
export { officialNames } from './official-names.ts';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts';
export type { ArrayData, NamedArray } from './safetensors-dtype.ts';
export { decodeTorch, type SkippedObject, type TorchCheckpoint } from './torch.ts';
export { lucidrainsNames, seedNames } from './twin-unet-names.ts';

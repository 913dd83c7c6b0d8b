export { kindOf } from './kind-of.ts';
export { requireBytes } from './require-bytes.ts';
export { requireFunction, requireList, requireNumber, requireObject, requireText } from './require-kind.ts';
export { requireNames } from './require-names.ts';
export { type OptionNames, pickOptions, requireOneOf, requireOptions } from './require-options.ts';
export { requireSignal } from './require-signal.ts';

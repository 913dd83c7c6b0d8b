export { type BackendName, describeOnBackends, startBackend } from './backends.ts';
export { directionalErrors } from './directional-errors.ts';
export { fingerprint } from './fingerprint.ts';
export { gradientError } from './gradient-error.ts';
export { expectNoLeak } from './leaks.ts';
export { randomTensor } from './random-tensor.ts';
export { relativeError } from './relative-error.ts';
export { reloaded } from './reloaded.ts';

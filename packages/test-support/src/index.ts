export { type BackendName, describeOnBackends, startBackend } from './backends.ts';
export { gradientError } from './gradient-error.ts';
export { expectNoLeak } from './leaks.ts';
export { randomTensor } from './random-tensor.ts';
export { relativeError } from './relative-error.ts';

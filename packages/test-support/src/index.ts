export { describeOnBackends, type BackendName } from './backends.ts';
export { gradientError } from './gradient-error.ts';
export { expectNoLeak } from './leaks.ts';
export { relativeError } from './relative-error.ts';
export { randomTensor } from './random-tensor.ts';

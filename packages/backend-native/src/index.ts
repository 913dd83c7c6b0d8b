export { type InstallOptions, type InstallSource, install } from './install.ts';
export { cachedInstalls, findInstall, type Install, removeInstalls } from './installs.ts';
export { NativeError } from './native-error.ts';
export { whyNoCard } from './nvidia-card.ts';
export { outOfMemory } from './out-of-memory.ts';
export { type ProbeResult, probe } from './probe.ts';
export {
  BACKEND_NAME,
  type BackendDescription,
  describeBackend,
  presetEnvironment,
  type RegisterOptions,
  register,
} from './register.ts';
export { DEFAULT_VERSION } from './sources.ts';

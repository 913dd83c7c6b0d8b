export { type InstallOptions, type InstallSource, install } from './install.ts';
export { cachedInstalls, findInstall, type Install, removeInstalls } from './installs.ts';
export { NativeError } from './native-error.ts';
export { type ProbeResult, probe } from './probe.ts';
export { BACKEND_NAME, type BackendDescription, describeBackend, type RegisterOptions, register } from './register.ts';
export { DEFAULT_VERSION } from './sources.ts';

export { outOfMemory } from './allocate.ts';
export type { Variant } from './instantiate.ts';
export { type BackendDescription, describeBackend, type RegisterOptions, register } from './register.ts';

export { type BackendDescription, describeBackend, type RegisterOptions, register, type Variant } from './register.ts';

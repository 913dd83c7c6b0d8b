import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { cpus, platform, release } from 'node:os';
import { describeBackend, register } from '@medseg/backend-wasm';

/** Makes WASM with our kernels the backend of this process. */
export async function startBackend(): Promise<void> {
  await register();
}

/** The machine and the backend, for run folders and reports. Call it after {@link startBackend}. */
export function describeMachine(): Record<string, string | number> {
  const processors = cpus();
  return {
    backend: `wasm (${describeBackend().variant})`,
    processor: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}

import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { cpus, platform, release } from 'node:os';
import * as native from '@medseg/backend-native';
import * as wasm from '@medseg/backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { VERSION } from '../version.ts';
import { output } from './output.ts';
import { UserError } from './user-error.ts';

export const BACKEND_OPTIONS = ['wasm', 'native', 'auto'] as const;
export type BackendOption = (typeof BACKEND_OPTIONS)[number];

/** Where the choice stands: threads get a copy of the environment. */
const VARIABLE = 'MEDSEG_BACKEND';

let reason = '';
let explicit = false;

/** Settles which backend every later {@link startBackend} of this process and its threads takes, and says why. */
export function chooseBackend(wanted: BackendOption | undefined): void {
  const option = wanted ?? process.env[VARIABLE] ?? 'wasm';
  if (!BACKEND_OPTIONS.some((known) => known === option)) {
    throw new UserError(`${VARIABLE} must be one of ${BACKEND_OPTIONS.join(', ')}, got ${option}`, 2);
  }
  process.env[VARIABLE] = option;
  explicit = wanted !== undefined;
  if (option !== 'wasm') native.presetEnvironment();
}

/** What a command line needs so that another process takes the same backend: nothing where it is the default. */
export function backendArguments(): string[] {
  const option = process.env[VARIABLE] ?? 'wasm';
  return explicit || option !== 'wasm' ? ['--backend', option] : [];
}

/** Makes the chosen backend that of this thread. Throws UserError where native was asked for and does not load. */
export async function startBackend(): Promise<void> {
  const option = (process.env[VARIABLE] ?? 'wasm') as BackendOption;
  const before = reason;
  if (option === 'native') {
    await native.register();
    reason = 'asked for';
  } else if (option === 'auto') {
    reason = await startNativeIfThere();
  } else {
    await wasm.register();
    reason = '';
  }
  if (reason !== '' && reason !== before) output.remark(`backend: ${describeBackend()}: ${reason}`);
}

/** The native library is taken where it has a graphics card, or our operations for the processor: else wasm is faster. */
async function startNativeIfThere(): Promise<string> {
  const install = native.findInstall();
  if (install === undefined) {
    await wasm.register();
    return 'no native library is installed';
  }
  try {
    const { gpu } = await native.probe(install);
    if (gpu) {
      await native.register();
      return 'the native library has a graphics card';
    }
    if (install.operations !== undefined) {
      await native.register();
      return 'the native library is installed, with operations of our own';
    }
    await wasm.register();
    return 'the native library has no graphics card, and on the processor our own kernels train faster than its';
  } catch (error) {
    if (!(error instanceof native.NativeError)) throw error;
    await wasm.register();
    return error.message;
  }
}

function describeBackend(): string {
  if (tf.getBackend() === native.BACKEND_NAME) {
    const { tensorflow, gpu } = native.describeBackend();
    return `native (TensorFlow ${tensorflow}, ${gpu ? 'GPU' : 'CPU'})`;
  }
  return `wasm (${wasm.describeBackend().variant})`;
}

/** The machine, the backend and the version of this program, for run folders and reports. Call it after {@link startBackend}. */
export function describeMachine(): Record<string, string | number> {
  const processors = cpus();
  return {
    backend: describeBackend(),
    ...(reason !== '' && { backendReason: reason }),
    processor: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    system: `${platform()} ${release()}`,
    node: process.version,
    medseg: VERSION,
  };
}

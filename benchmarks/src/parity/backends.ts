import '@tensorflow/tfjs-backend-cpu';
import * as native from '@medseg/backend-native';
import * as wasm from '@medseg/backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { useFastCpuConvolution } from './cpu-convolution.ts';

/** The backends on which the fixtures can be checked. */
const PARITY_BACKENDS = ['cpu', 'wasm', 'native'] as const;
export type ParityBackend = (typeof PARITY_BACKENDS)[number];

/** The named backend alone; where none is named, cpu and wasm, and native where its library is installed. */
export function parityBackends(named: string | undefined): readonly ParityBackend[] {
  if (named === undefined) return native.findInstall() ? PARITY_BACKENDS : ['cpu', 'wasm'];
  const found = PARITY_BACKENDS.find((backend) => backend === named);
  if (!found) throw new RangeError(`parity: --backend must be one of ${PARITY_BACKENDS.join(', ')}, got ${named}`);
  return [found];
}

/** Makes a backend current. Throws where it cannot be. */
export async function startBackend(backend: ParityBackend): Promise<void> {
  if (backend === 'wasm') return wasm.register();
  if (backend === 'native') return native.register();
  useFastCpuConvolution();
  await tf.setBackend('cpu');
}

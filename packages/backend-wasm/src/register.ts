import { type OptionNames, requireOneOf, requireOptions } from '@medseg/ops';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { attentionKernels } from './attention.ts';
import { conv2dKernels } from './conv2d.ts';
import { conv3dKernels } from './conv3d.ts';
import { copyKernels } from './copy.ts';
import { depthwiseKernels } from './depthwise.ts';
import type { Heap } from './heap.ts';
import { hostCopyKernels } from './host-copy.ts';
import { instantiate, supports, type Variant } from './instantiate.ts';
import { install } from './kernel.ts';
import { matMulKernels } from './matmul.ts';
import { normKernels } from './norm.ts';
import { pointwiseKernels } from './pointwise.ts';
import { poolKernels } from './pool.ts';
import { resampleKernels } from './resample.ts';
import { spectralKernels } from './spectral.ts';
import { startBackend } from './start-backend.ts';

/** Options of {@link register}. */
export interface RegisterOptions {
  /** Which SIMD instructions the kernels use; 'auto' takes relaxed-simd where the engine has it. Default 'auto'. */
  variant?: 'auto' | Variant;
  /**
   * Lets tfjs take its threaded build on a page that is isolated from other origins. The kernels of this package use
   * one thread, and the threaded build does not start in a minified bundle or where a page forbids `blob:` workers.
   * Default false.
   */
  threads?: boolean;
  /** Milliseconds that tfjs may take to load its .wasm file and start. Default 60,000. */
  timeout?: number;
}

const optionNames: OptionNames<RegisterOptions> = { variant: true, threads: true, timeout: true };

/** What {@link register} has set up. */
export interface BackendDescription {
  /** The SIMD instructions that the kernels use. */
  variant: Variant;
  /** Names of the kernels that this package has put in. */
  kernels: string[];
}

const all = [
  ...matMulKernels,
  ...conv2dKernels,
  ...normKernels,
  ...pointwiseKernels,
  ...resampleKernels,
  ...attentionKernels,
  ...spectralKernels,
  ...copyKernels,
  ...hostCopyKernels,
  ...depthwiseKernels,
  ...conv3dKernels,
  ...poolKernels,
];
const heaps = new WeakMap<object, { heap: Heap; variant: Variant }>();

/**
 * Makes tfjs's wasm backend current and gives it the kernels that training needs. Calling it again changes nothing,
 * except that naming another variant swaps the kernels. In a browser, tell tfjs where its .wasm files are first
 * (`setWasmPaths`). Throws RangeError when the variant asked for does not run here, and when tfjs cannot start its
 * backend: because the page's Content-Security-Policy forbids WebAssembly, because the .wasm file does not come, or
 * within the time limit.
 *
 * @example await register(); // then any model of tfjs trains on wasm
 */
export async function register(options: RegisterOptions = {}): Promise<void> {
  requireOptions('register', options, optionNames);
  const { variant = 'auto', threads = false, timeout = 60_000 } = options;
  requireOneOf('register: variant', variant, ['auto', 'relaxed-simd', 'simd128']);
  if (!(timeout > 0)) throw new RangeError(`register: timeout must be above 0 milliseconds, got ${timeout}`);
  await startBackend(threads, timeout);
  const backend = tf.backend() as unknown as BackendWasm;
  const present = heaps.get(backend);
  const wanted = variant === 'auto' ? (present?.variant ?? choose()) : variant;
  if (present?.variant === wanted) return;
  if (!supports(wanted)) throw new RangeError(`register: this WebAssembly engine does not run variant '${wanted}'`);
  heaps.set(backend, { heap: await instantiate(backend, wanted), variant: wanted });
  install(all, heapOf);
}

/** What {@link register} has set up. Throws RangeError before it. */
export function describeBackend(): BackendDescription {
  const backend = tf.findBackend('wasm');
  const entry = backend && heaps.get(backend);
  if (!entry) throw new RangeError('describeBackend: call register() first');
  return { variant: entry.variant, kernels: all.map(({ name }) => name) };
}

function choose(): Variant {
  return supports('relaxed-simd') ? 'relaxed-simd' : 'simd128';
}

function heapOf(backend: object): Heap {
  const entry = heaps.get(backend);
  if (!entry) throw new RangeError('backend-wasm: this wasm backend is new; call register() again');
  return entry.heap;
}

import { createRequire } from 'node:module';
import * as util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { operationsVersion } from './compile-binding.ts';
import { correctedKernels } from './corrected-kernels.ts';
import { registerFusedKernels } from './fused-kernels.ts';
import { findInstall, type Install } from './installs.ts';
import { createLoader } from './load-commonjs.ts';
import { NativeError } from './native-error.ts';

/** The name under which tfjs knows the backend; tfjs-node's kernels are registered for it. */
export const BACKEND_NAME = 'tensorflow';

/** Options of {@link register}. */
export interface RegisterOptions {
  /** Version of TensorFlow, where the cache holds several. */
  readonly version?: string;
  /**
   * Whether operations of our own take the place of TensorFlow's on the processor. false: as on a graphics card, for which
   * there are none. Default true.
   */
  readonly operations?: boolean;
}

/** What {@link register} has set up. */
export interface BackendDescription {
  /** Version of TensorFlow. */
  readonly tensorflow: string;
  /** Whether it computes on a graphics card. */
  readonly gpu: boolean;
  /** The native library that it uses. */
  readonly install: Install;
}

interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

type BackendConstructor = new (binding: Binding, packageName: string) => tf.KernelBackend;

let current: BackendDescription | undefined;

/**
 * Makes TensorFlow's own library the backend of the tfjs that this program uses; calling it again changes nothing.
 * Throws NativeError where no library is installed or it does not load.
 *
 * @example await register(); // then any model of tfjs runs on it
 */
export async function register({ version, operations = true }: RegisterOptions = {}): Promise<void> {
  if (!tf.findBackendFactory(BACKEND_NAME)) load(version, operations);
  if (!(await tf.setBackend(BACKEND_NAME))) {
    throw new NativeError('register: tfjs could not start the native backend');
  }
}

/**
 * Settings of TensorFlow that {@link register} makes where the environment has none: it only writes errors, and takes of
 * a graphics card's memory what it needs instead of all. Threads have but a copy of the environment: a program whose
 * threads may register before its main thread calls this there first.
 */
export function presetEnvironment(install: Install | undefined = findInstall()): void {
  // With CUDA it writes three errors at each start that are none, and throws what is one.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= install?.gpu ? '3' : '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
}

/** What {@link register} has set up. Throws RangeError before it. */
export function describeBackend(): BackendDescription {
  if (!current) throw new RangeError('describeBackend: call register() first');
  return current;
}

function load(version: string | undefined, operations: boolean): void {
  const install = findInstall(version === undefined ? {} : { version });
  if (!install) {
    const what = version === undefined ? 'no native library is' : `TensorFlow ${version} is not`;
    throw new NativeError(`register: ${what} installed; install it with: npx @medseg/trainer native install`);
  }
  if (install.untrusted !== undefined) throw new NativeError(`register: ${install.untrusted}`);
  if (install.source === 'pypi' && install.operations !== operationsVersion()) {
    throw new NativeError(
      `register: the binding in ${install.folder} was compiled for another version of this package; compile it again with: npx @medseg/trainer native install${install.gpu ? ' --gpu' : ''}`,
    );
  }
  presetEnvironment(install);
  let binding: Binding;
  try {
    binding = createRequire(install.binding)(install.binding) as Binding;
  } catch (error) {
    throw new NativeError(
      `register: the native library in ${install.folder} does not load: ${(error as Error).message.split('\n')[0]}`,
    );
  }
  const loadScript = createLoader(install.scripts, {
    '@tensorflow/tfjs': tf,
    '@tensorflow/tfjs-core': tf,
    // Node 23 dropped these two.
    util: {
      ...util,
      isArray: Array.isArray,
      isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    },
    './proto/api_pb': {}, // only for tfjs-node's TensorBoard writer, and needs another package
  });
  const { NodeJSKernelBackend } = loadScript('nodejs_kernel_backend.js') as { NodeJSKernelBackend: BackendConstructor };
  loadScript('register_all_kernels.js');
  const gpu = binding.isUsingGpuDevice();
  for (const kernel of correctedKernels) {
    tf.unregisterKernel(kernel.kernelName, BACKEND_NAME);
    tf.registerKernel({ ...kernel, backendName: BACKEND_NAME });
  }
  // Ours are for the processor; the composed forms run on a graphics card.
  if (operations && install.source === 'pypi' && !gpu) registerFusedKernels(BACKEND_NAME);
  tf.registerBackend(BACKEND_NAME, () => new NodeJSKernelBackend(binding, `@tensorflow/tfjs-node${gpu ? '-gpu' : ''}`));
  current = { tensorflow: binding.TF_Version, gpu, install };
}

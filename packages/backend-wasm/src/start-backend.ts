import * as tf from '@tensorflow/tfjs-core';

/** The shortest WebAssembly module: its magic number and version. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * Makes tfjs's wasm backend current, starting it if it is not running. tfjs itself gives no reason when it cannot, and
 * waits for ever where a file or a worker does not answer.
 *
 * Throws RangeError with the likely reason, at the latest after `timeout` milliseconds.
 */
export async function startBackend(threads: boolean, timeout: number): Promise<void> {
  if (!tf.findBackendFactory('wasm')) await import('@tensorflow/tfjs-backend-wasm');
  if (!threads) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await assertCompiles();
  const started = tf.setBackend('wasm');
  if (!(await within(started, timeout, threads))) {
    throw new RangeError(
      'register: tfjs could not start its wasm backend, most likely because its .wasm file could not be loaded; in a browser, say where the files are served with setWasmPaths() before register() (tfjs has written the reason to the console)',
    );
  }
}

/** Throws RangeError where WebAssembly is missing or a page's policy forbids it. */
async function assertCompiles(): Promise<void> {
  if (typeof WebAssembly === 'undefined') throw new RangeError('register: this engine has no WebAssembly');
  try {
    await WebAssembly.compile(EMPTY_MODULE);
  } catch (error) {
    throw new RangeError(
      `register: WebAssembly does not compile here; a page with a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src (${(error as Error).message})`,
    );
  }
}

/** What a promise gives; throws RangeError when that takes longer than `timeout` milliseconds. */
async function within<T>(promise: Promise<T>, timeout: number, threads: boolean): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    const reason = threads
      ? 'the threaded build does not start in a minified bundle or where blob: workers are forbidden: leave out threads'
      : 'is its .wasm file served where setWasmPaths() says?';
    timer = setTimeout(
      () => reject(new RangeError(`register: tfjs's wasm backend did not start within ${timeout / 1000} s; ${reason}`)),
      timeout,
    );
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

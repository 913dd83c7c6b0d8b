import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { type Greeting, HEADER_BYTES, type RemoteTensor, type Request, type RunReply } from './messages.ts';

// Runs tfjs's webgpu backend for a page that wants its values at once; see remote-backend.ts.

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: Greeting): void;
};
/** tfjs's `MatMulSmallOutputSizeProgram`. */
const SMALL_OUTPUTS = 2;
const dataOf = new Map<number, tf.DataId>();
const idOf = new WeakMap<object, number>();
let nextId = -1; // numbers of outputs go down, those of the page's own data go up

scope.onmessage = async ({ data: answer }: MessageEvent<SharedArrayBuffer>) => {
  try {
    if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not start its webgpu backend');
    await tf.ready();
    // For products this small tfjs takes a program of which each call costs 0.1 s without a graphics card; this one, 5 ms.
    tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', SMALL_OUTPUTS);
  } catch (error) {
    scope.postMessage({ error: String(error) });
    return;
  }
  scope.onmessage = ({ data }: MessageEvent<Request>) => void serve(data, answer);
  scope.postMessage({ kernels: tf.getKernelsForBackend('webgpu').map(({ kernelName }) => kernelName) });
};

async function serve(request: Request, answer: SharedArrayBuffer): Promise<void> {
  const backend = tf.backend();
  if (request.kind === 'write') {
    const { shape, dtype } = request.tensor;
    remember(request.id, backend.write(request.values, shape, dtype));
  } else if (request.kind === 'retain') {
    backend.incRef(dataOf.get(request.id)!);
  } else if (request.kind === 'release') {
    if (backend.disposeData(dataOf.get(request.id)!, request.force)) dataOf.delete(request.id);
  } else if (request.kind === 'read') {
    const values = (await backend.read(dataOf.get(request.id)!)) as tf.TypedArray;
    reply(answer, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  } else {
    reply(answer, new TextEncoder().encode(JSON.stringify(run(request))));
  }
}

function run({ kernel, inputs, attrs }: Request & { kind: 'run' }): RunReply {
  try {
    const local = ({ id, shape, dtype }: RemoteTensor): tf.TensorInfo => ({ dataId: dataOf.get(id)!, shape, dtype });
    const tensors = Array.isArray(inputs)
      ? (inputs.map(local) as unknown as tf.NamedTensorInfoMap)
      : Object.fromEntries(Object.entries(inputs as Record<string, RemoteTensor>).map(([name, t]) => [name, local(t)]));
    const result = tf.getKernel(kernel, 'webgpu').kernelFunc({ inputs: tensors, attrs, backend: tf.backend() });
    const list = Array.isArray(result);
    return { outputs: (list ? result : [result]).map(describe), list };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function describe({ dataId, shape, dtype }: tf.TensorInfo): RemoteTensor {
  const id = idOf.get(dataId) ?? nextId--;
  remember(id, dataId);
  return { id, shape, dtype };
}

function remember(id: number, dataId: tf.DataId): void {
  dataOf.set(id, dataId);
  idOf.set(dataId, id);
}

function reply(answer: SharedArrayBuffer, bytes: Uint8Array): void {
  const header = new Int32Array(answer, 0, 2);
  const room = answer.byteLength - HEADER_BYTES;
  if (bytes.length > room) throw new RangeError(`webgpu worker: an answer holds ${room} bytes, got ${bytes.length}`);
  new Uint8Array(answer, HEADER_BYTES, bytes.length).set(bytes);
  header[1] = bytes.length;
  Atomics.store(header, 0, 1);
}

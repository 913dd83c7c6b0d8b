import * as tf from '@tensorflow/tfjs-core';
import {
  ANSWER_BYTES,
  type Greeting,
  HEADER_BYTES,
  type RemoteInputs,
  type RemoteTensor,
  type Request,
  type RunReply,
  SLEEP_PATH,
} from './messages.ts';

/** Milliseconds after which an answer is no longer waited for. */
const PATIENCE = 60_000;
/** Milliseconds for which the page waits awake: most answers come sooner. */
const AWAKE = 2;
const LONGEST_SLEEP = 100;

/**
 * Registers tfjs's webgpu backend, run in a worker of its own. WebGPU has no synchronous read (tfjs's own goes through a
 * canvas, which stays empty on a software adapter), and tests read at once: the page waits for the worker instead.
 * Kernels, gradients and the device are the real ones. Needs a page that is isolated from other origins.
 */
export async function registerWebgpuInWorker(): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const answer = new SharedArrayBuffer(ANSWER_BYTES);
  const greeting = await new Promise<Greeting>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Greeting>) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message });
    worker.postMessage(answer);
  });
  if ('error' in greeting) throw new Error(`webgpu: ${greeting.error}`);
  const backend = new RemoteBackend(worker, answer);
  tf.registerBackend('webgpu', () => backend);
  for (const kernelName of greeting.kernels) {
    const kernelFunc: tf.KernelFunc = ({ inputs, attrs }) =>
      backend.run(kernelName, inputs as KernelInputs, (attrs ?? {}) as tf.NamedAttrMap);
    tf.registerKernel({ kernelName, backendName: 'webgpu', kernelFunc });
  }
}

/** tfjs hands some kernels (concat, stack) a list. */
type KernelInputs = Record<string, tf.TensorInfo> | tf.TensorInfo[];

/** What the page knows of data that lies with the worker. */
interface RemoteData {
  readonly id: number;
  readonly dtype: tf.DataType;
  references: number;
}

class RemoteBackend extends tf.KernelBackend {
  private readonly byDataId = new Map<tf.DataId, RemoteData>();
  private readonly byId = new Map<number, tf.DataId>();
  private readonly header: Int32Array;
  private nextId = 1;

  constructor(
    private readonly worker: Worker,
    private readonly answer: SharedArrayBuffer,
  ) {
    super();
    this.header = new Int32Array(answer, 0, 2);
  }

  run(kernel: string, inputs: KernelInputs, attrs: tf.NamedAttrMap): tf.TensorInfo | tf.TensorInfo[] {
    const remoteOf = ({ dataId, shape, dtype }: tf.TensorInfo): RemoteTensor => {
      return { id: this.find(dataId).id, shape, dtype };
    };
    const remote: RemoteInputs = Array.isArray(inputs)
      ? inputs.map(remoteOf)
      : Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, remoteOf(tensor)]));
    const bytes = this.ask({ kind: 'run', kernel, inputs: remote, attrs });
    const reply = JSON.parse(new TextDecoder().decode(bytes)) as RunReply;
    if ('error' in reply) throw new Error(reply.error);
    const outputs = reply.outputs.map((tensor) => this.adopt(tensor));
    return reply.list ? outputs : outputs[0]!;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const id = this.nextId++;
    // Shared memory cannot be cloned into a message; a copy can.
    this.post({ kind: 'write', id, values: (values as tf.TypedArray).slice(), tensor: { id, shape, dtype } });
    for (let more = 1; more < references; more++) this.post({ kind: 'retain', id });
    this.remember(dataId, { id, dtype, references });
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const { id, dtype } = this.find(dataId);
    const { buffer } = this.ask({ kind: 'read', id });
    if (dtype === 'float32') return new Float32Array(buffer);
    return dtype === 'bool' ? new Uint8Array(buffer) : new Int32Array(buffer);
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: tf.DataId): void {
    const data = this.find(dataId);
    data.references++;
    this.post({ kind: 'retain', id: data.id });
  }

  override refCount(dataId: tf.DataId): number {
    return this.byDataId.get(dataId)?.references ?? 0;
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    const data = this.byDataId.get(dataId);
    if (data === undefined) return true;
    data.references--;
    this.post({ kind: 'release', id: data.id, force });
    if (!force && data.references > 0) return false;
    this.byDataId.delete(dataId);
    this.byId.delete(data.id);
    return true;
  }

  override numDataIds(): number {
    return this.byDataId.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  /** Data that lies with another backend is moved here first, as every backend of tfjs does. */
  private find(dataId: tf.DataId): RemoteData {
    if (!this.byDataId.has(dataId)) tf.engine().moveData(this, dataId);
    return this.byDataId.get(dataId)!;
  }

  private adopt({ id, shape, dtype }: RemoteTensor): tf.TensorInfo {
    const known = this.byId.get(id);
    if (known !== undefined) {
      this.byDataId.get(known)!.references++;
      return { dataId: known, shape, dtype };
    }
    const dataId = {};
    this.remember(dataId, { id, dtype, references: 1 });
    return { dataId, shape, dtype };
  }

  private remember(dataId: tf.DataId, data: RemoteData): void {
    this.byDataId.set(dataId, data);
    this.byId.set(data.id, dataId);
  }

  private post(request: Request): void {
    this.worker.postMessage(request);
  }

  /** Sends a request and waits: busily at first, then asleep, so that the kernels have the cores. */
  private ask(request: Request): Uint8Array<ArrayBuffer> {
    Atomics.store(this.header, 0, 0);
    this.post(request);
    const started = performance.now();
    while (Atomics.load(this.header, 0) === 0) {
      const waited = performance.now() - started;
      if (waited > PATIENCE) throw new Error(`webgpu: no answer to ${request.kind} within ${PATIENCE / 1000} s`);
      if (waited > AWAKE) sleep(Math.min(LONGEST_SLEEP, waited));
    }
    return new Uint8Array(this.answer, HEADER_BYTES, this.header[1]!).slice();
  }
}

/** A page may not block on shared memory, but on a request, which the server of the tests answers after that time. */
function sleep(milliseconds: number): void {
  const request = new XMLHttpRequest();
  request.open('GET', `${SLEEP_PATH}?ms=${Math.ceil(milliseconds)}`, false);
  request.send();
  if (request.status !== 204) throw new Error(`webgpu: ${SLEEP_PATH} of the test server answered ${request.status}`);
}

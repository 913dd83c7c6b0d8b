import { type OptionNames, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';

/** What was found out about one backend. */
export interface BackendReport {
  /** Its name in tfjs: 'wasm', 'webgl', 'webgpu', 'cpu' or one of your own. */
  readonly name: string;
  /** Whether it starts here, computes right and has the gradients that training needs. */
  readonly usable: boolean;
  /** Speed of a short convolution with both its gradients, in GFLOP/s; absent where it was not measured. */
  readonly gflops?: number;
  /** Why it was chosen, passed over or cannot be used. */
  readonly reason: string;
}

/** What {@link chooseBackend} has chosen, and why. */
export interface BackendChoice {
  /** The backend that is now current. */
  readonly name: string;
  /** Why it was chosen, and why one that was preferred was not. */
  readonly reason: string;
  /** Each backend that is registered, fastest first, those that cannot be used last. */
  readonly backends: readonly BackendReport[];
}

/** Options of {@link chooseBackend}. */
export interface ChooseBackendOptions {
  /** Taken whatever its speed, if it can be used: a name, or several, the first usable one. Default: the fastest. */
  prefer?: string | readonly string[];
  /** Backends to look at. Default: all that are registered. */
  candidates?: readonly string[];
  /** Milliseconds spent on measuring each. Default 150. */
  budget?: number;
}

const optionNames: OptionNames<ChooseBackendOptions> = { prefer: true, candidates: true, budget: true };

/**
 * Starts each registered backend, checks a convolution and its gradients against the host and measures them, makes the
 * preferred one or else the fastest current, and says why. The backend of @medseg/backend-wasm trains only after its
 * `register()`; register what you want looked at first. Throws RangeError where none can be used, the former backend
 * being current again.
 *
 * @example const { name, reason } = await chooseBackend({ prefer: 'webgpu' });
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<BackendChoice> {
  requireOptions('chooseBackend', options, optionNames);
  const { prefer = [], candidates = Object.keys(tf.engine().registryFactory), budget = 150 } = options;
  const former = tf.getBackend();
  const reports: BackendReport[] = [];
  for (const name of candidates) reports.push(await inspect(name, budget));
  reports.sort((a, b) => (b.gflops ?? -1) - (a.gflops ?? -1));
  const wished = [prefer].flat();
  const wish = wished.find((name) => reports.some((report) => report.name === name && report.usable));
  const fastest = reports.find(({ usable }) => usable);
  const chosen = wish ?? fastest?.name;
  if (chosen === undefined) {
    await tf.setBackend(former);
    const why = reports.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new RangeError(`chooseBackend: no backend can be used (${why || 'none is registered'})`);
  }
  await tf.setBackend(chosen);
  const missed = wished.slice(0, wish === undefined ? undefined : wished.indexOf(wish));
  const notes = missed.map((name) => `${name}, which was preferred, ${whyNot(reports, name)}`);
  const main =
    wish !== undefined ? `${chosen} was preferred and can be used` : `${chosen} is the fastest that can be used`;
  return { name: chosen, reason: [main, ...notes].join('; '), backends: reports };
}

function whyNot(reports: readonly BackendReport[], name: string): string {
  const report = reports.find((r) => r.name === name);
  return report === undefined ? 'is not registered' : `cannot be used: ${report.reason}`;
}

async function inspect(name: string, budget: number): Promise<BackendReport> {
  try {
    if (!tf.findBackendFactory(name)) return { name, usable: false, reason: 'is not registered' };
    if (!(await tf.setBackend(name))) return { name, usable: false, reason: 'does not start on this host' };
    await tf.ready();
    const error = await checkGradients();
    if (!(error < 1e-3)) {
      return {
        name,
        usable: false,
        reason: `computes a convolution or its gradient wrong (error ${error.toExponential(1)})`,
      };
    }
    const gflops = await measure(budget);
    return {
      name,
      usable: true,
      gflops,
      reason: `${gflops.toPrecision(3)} GFLOP/s in a convolution with its gradients`,
    };
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    const lacks = /Kernel '(\w+)' not registered/.exec(message)?.[1];
    if (lacks === undefined) return { name, usable: false, reason: message };
    const remedy = name === 'wasm' ? '; register() of @medseg/backend-wasm adds it' : '';
    return { name, usable: false, reason: `lacks the kernel ${lacks}${remedy}` };
  }
}

/** Largest relative error of a 3x3 convolution of ones, whose value and gradients are counts, known beforehand. */
async function checkGradients(): Promise<number> {
  const tensors = tf.tidy(() => {
    const x = tf.ones<tf.Rank.R4>([2, 3, 3, 2]);
    const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 3]);
    const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same');
    const [dx, dw] = tf.grads(f)([x, filter]);
    return [f(x, filter), dx!, dw!];
  });
  const values = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(tensors);
  const taps = [4, 6, 4, 6, 9, 6, 4, 6, 4]; // taps of the filter inside the image, around each pixel
  const expected = [
    (i: number) => 2 * taps[Math.floor(i / 3) % 9]!,
    (i: number) => 3 * taps[Math.floor(i / 2) % 9]!,
    (i: number) => 2 * taps[Math.floor(i / 6)]!, // by symmetry, a tap sees as many pixels
  ];
  let worst = 0;
  values.forEach((list, which) => {
    list.forEach((value, i) => {
      const error = Math.abs(value / expected[which]!(i) - 1);
      if (!(error <= worst)) worst = error;
    });
  });
  return worst;
}

/** GFLOP/s of a 3x3 convolution of 32 channels with both gradients, the best of the repetitions within the budget. */
async function measure(budget: number): Promise<number> {
  const shape: [number, number, number, number] = tf.getBackend() === 'cpu' ? [1, 8, 8, 8] : [2, 32, 32, 32];
  const [b, h, w, c] = shape;
  const x = tf.ones<tf.Rank.R4>(shape);
  const filter = tf.ones<tf.Rank.R4>([3, 3, c, c]);
  const step = tf.grads((...[image, weights]: tf.Tensor[]) =>
    tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, 'same'),
  );
  const once = async (): Promise<number> => {
    const started = performance.now();
    const gradients = step([x, filter]);
    await Promise.all(gradients.map((gradient) => gradient.data()));
    tf.dispose(gradients);
    return performance.now() - started;
  };
  try {
    let [best, spent] = [Number.POSITIVE_INFINITY, 0];
    await once(); // compiles
    while (spent < budget) {
      const time = await once();
      best = Math.min(best, time);
      spent += Math.max(time, 0.01);
    }
    return (3 * 2 * b * h * w * c * c * 9) / (best * 1e6);
  } finally {
    tf.dispose([x, filter]);
  }
}

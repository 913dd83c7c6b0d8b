import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as native from '@medseg/backend-native';
import { describeBackend, register } from '@medseg/backend-wasm';
import { variableGradients } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import { AdamWOptimizer } from '@medseg/training';
import { disableIncrementalMarking } from '@medseg/training/node';
import { encodeSafetensors, type NamedArray } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { type Case, caseNamed } from './cases.ts';
import { build } from './networks.ts';
import { type Profile, profile } from './profile.ts';
import type { EndReport, StepReport } from './reports.ts';
import { createSharedStep, type ShareWorkers, startShares, type TrainedNetwork } from './shares.ts';

export const learningRate = 1e-3;

export type Variant = 'auto' | 'simd128';

/** Our side of the comparison: writes its weights and its batch into a folder, then trains a step for each request. */
export async function serve(
  folder: string,
  name: string,
  { backend, variant, share }: { backend: 'wasm' | 'native'; variant: Variant; share: ShareWorkers },
): Promise<void> {
  disableIncrementalMarking(); // as `medseg` does
  await (backend === 'native' ? native.register() : register({ variant }));
  const wanted = caseNamed(name);
  const network = build(wanted);
  writeFileSync(join(folder, 'weights.safetensors'), encodeSafetensors(network.weights()));
  const batch = drawBatch(wanted);
  writeFileSync(join(folder, 'batch.safetensors'), encodeSafetensors(batch));
  const group = share.count > 0 ? await startShares(network, share) : undefined;
  const step = group ? createSharedStep(network, batch, { group, learningRate }) : createStep(network, batch);
  for await (const line of createInterface({ input: process.stdin })) {
    const { request } = JSON.parse(line) as { request: 'ready' | 'step' | 'profile' | 'profile-shapes' | 'end' };
    if (request === 'step') answer(await step());
    else if (request.startsWith('profile'))
      answer(shortestProfile(createStep(network, batch), request === 'profile-shapes'));
    else answer({ peakBytes: peakBytes(), variant: describe(backend) } satisfies EndReport);
  }
  await group?.dispose();
}

function describe(backend: 'wasm' | 'native'): string {
  return backend === 'native' ? `native, TensorFlow ${native.describeBackend().tensorflow}` : describeBackend().variant;
}

/** Of three profiled steps the one that was disturbed least. */
function shortestProfile(step: () => unknown, byShape: boolean): Profile {
  const runs = [0, 1, 2].map(() => profile(step, byShape));
  return runs.reduce((a, b) => (a.milliseconds <= b.milliseconds ? a : b));
}

function answer(report: object): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

/** x_t, the times, the image and the noise to predict; maps channels last. */
export function drawBatch({ network, size, batch }: Case): Map<string, NamedArray> {
  const random = createRandom(7);
  const map = (channels: number): NamedArray => {
    const data = new Float32Array(batch * size * size * channels);
    random.fillNormal(data);
    return { shape: [batch, size, size, channels], data };
  };
  const parts = new Map<string, NamedArray>([['x', map(1)]]);
  parts.set('t', { shape: [batch], data: Float32Array.from({ length: batch }, () => random.integer(1000)) });
  if (network.kind !== 'unet') parts.set('image', map(3));
  return parts.set('noise', map(1));
}

/** Forward pass, loss, backward pass and Adam. */
export function createStep(
  { variables, loss }: TrainedNetwork,
  batch: ReadonlyMap<string, NamedArray>,
): () => StepReport {
  const tensors = new Map(
    [...batch].map(([key, { data, shape }]) => [key, tf.tensor(data as Float32Array, [...shape])]),
  );
  const image = tensors.get('image');
  const parts = {
    x: tensors.get('x')!,
    t: tf.reshape(tensors.get('t')!, [-1, 1]),
    noise: tensors.get('noise')!,
    ...(image && { image }),
  };
  const optimizer = new AdamWOptimizer(variables, { weightDecay: 0 });
  return () => {
    const start = performance.now();
    const { value, grads } = variableGradients(() => loss(parts), [...variables.values()]);
    const named = new Map([...variables].map(([key, variable]) => [key, grads[variable.name]!]));
    optimizer.apply(named, learningRate);
    const report = { loss: value.dataSync()[0]!, milliseconds: performance.now() - start };
    tf.dispose([value, grads]);
    return report;
  };
}

/** The most memory that this process has ever held. */
function peakBytes(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // no procfs here
  }
  return process.resourceUsage().maxRSS * 1024;
}

import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@medseg/test-support';
import { discBatch, smallTrainer } from '../test-model.ts';
import { train } from '../train.ts';
import type { WorkerEndpoint } from './endpoint.ts';
import { localEndpoint } from './local-endpoint.fixture.ts';
import { ReplicaGroup, type ReplicaGroupOptions } from './replica-group.ts';
import { serveReplica } from './serve-replica.ts';

const process = { schedule: cosineSchedule({ steps: 1000 }), classes: 'softmax' } as const;
const COUNT = 5; // not a multiple of any number of shares below

beforeAll(() => register());

/** A worker whose network starts from other weights, so that a wrong start shows. */
const worker = (): ReturnType<typeof localEndpoint> =>
  localEndpoint((port) => serveReplica(port, smallTrainer(9).model, process));

/** Losses of ten steps, five a phase; `during` is told of each. */
async function losses(
  endpoints: WorkerEndpoint[] | null,
  options: Partial<ReplicaGroupOptions> = {},
  during: (step: number) => void = () => {},
): Promise<number[]> {
  const trainer = smallTrainer();
  const group = endpoints && (await ReplicaGroup.start(trainer.model, endpoints, { ...process, ...options }));
  const seen: number[] = [];
  const events = train(trainer, {
    budget: { steps: 10 },
    batchAt: (step) => discBatch(step, COUNT),
    encoderShare: 0.5,
    ...(group && { replicas: group }),
  });
  for await (const { loss, step } of events) {
    seen.push(loss);
    during(step);
  }
  await group?.dispose();
  trainer.dispose();
  return seen;
}

describe('ReplicaGroup', () => {
  it.each([
    [1, true],
    [1, false],
    [2, true],
    [2, false],
    [7, true], // more shares than samples
  ])('trains with %i workers as one thread does (shared memory: %s)', async (count, share) => {
    const expected = await losses(null);
    const actual = await losses(Array.from({ length: count }, worker), { share });
    actual.forEach((loss, i) => {
      expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-5);
    });
  });

  it('gives the same numbers again, and the same where a worker dies', async () => {
    const expected = await losses([worker(), worker()]);
    expect(await losses([worker(), worker()])).toEqual(expected);
    const doomed = worker();
    const deaths: [number, string][] = [];
    const onDeath = (index: number, reason: string): void => void deaths.push([index, reason]);
    const actual = await losses([worker(), doomed], { onDeath }, (step) => {
      if (step === 3) doomed.kill('power cut');
    });
    expect(actual).toEqual(expected);
    expect(deaths).toEqual([[2, 'power cut']]);
  });

  it('does not wait for ever: a silent worker is taken for dead, and one that fails is', async () => {
    const expected = await losses([worker(), worker()]);
    const deaths: string[] = [];
    const silent = localEndpoint(() => {});
    const failing = localEndpoint((port) => {
      port.listen((message) => {
        const { kind } = message as { kind: string };
        port.post(kind === 'start' ? { kind: 'ready' } : { kind: 'failed', reason: 'out of memory' });
      });
    });
    const onDeath = (_: number, reason: string): void => void deaths.push(reason);
    expect(await losses([silent, failing], { onDeath, patience: 200 })).toEqual(expected);
    expect(deaths.sort()).toEqual(['it gave no answer within 0.2 s', 'out of memory']);
  });

  it('leaves no tensor behind', async () => {
    const trainer = smallTrainer();
    const group = await ReplicaGroup.start(trainer.model, [worker()], process);
    const step = async (at: number): Promise<void> => void (await trainer.stepOn(group, discBatch(at, COUNT), 0.5));
    await step(0);
    const before = tf.memory().numTensors;
    await step(1);
    expect(tf.memory().numTensors).toBe(before);
    await group.dispose();
  });
});

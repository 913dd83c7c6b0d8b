import { register } from '@medseg/backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import { serveWorker, type WorkerEndpoint } from '@medseg/workers';
import type { Recipe, StepData } from '../recipe.ts';
import { discBatch, smallTrainer } from '../small-trainer.fixture.ts';
import type { StepInput } from '../step-input.ts';
import { train } from '../train.ts';
import type { TrainingBatch } from '../training-batch.ts';
import type { ReplicaAnswer } from './messages.ts';
import { ReplicaGroup, type ReplicaGroupOptions } from './replica-group.ts';
import { serveReplica } from './serve-replica.ts';

const COUNT = 5; // not a multiple of any number of shares below

beforeAll(() => register());

/** A worker whose network starts from other weights, so that a wrong start shows. */
const worker = (): ReturnType<typeof localEndpoint> =>
  localEndpoint((port) => serveReplica(port, smallTrainer(9).recipe));

/** Losses of ten steps, five a phase; `during` is told of each. */
async function losses(
  endpoints: WorkerEndpoint[] | null,
  options: Partial<ReplicaGroupOptions> = {},
  during: (step: number) => unknown = () => {},
  batchAt = (step: number): TrainingBatch => discBatch(step, COUNT),
): Promise<number[]> {
  const trainer = smallTrainer();
  const group = endpoints && (await ReplicaGroup.start(trainer.recipe, endpoints, options));
  const seen: number[] = [];
  const events = train(trainer, {
    budget: { steps: 10 },
    batchAt,
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

  it.each([1, 2])('trains as one thread does where pixels do not count, with %i workers', async (count) => {
    // Another share of each sample counts, and nothing of the first.
    const batchAt = (step: number): TrainingBatch => {
      const batch = discBatch(step, COUNT);
      const size = batch.masks.length / COUNT;
      const pixelWeights = batch.masks.map((_, i) => (i % size < (Math.floor(i / size) * size) / COUNT ? 1 : 0));
      return { ...batch, pixelWeights };
    };
    const expected = await losses(null, {}, undefined, batchAt);
    const actual = await losses(Array.from({ length: count }, worker), {}, undefined, batchAt);
    actual.forEach((loss, i) => {
      expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-5);
    });
    expect(actual[0]).not.toBeCloseTo((await losses(null))[0]!, 3);
  });

  it.each([true, false])('leaves every share to the workers where it is told to (shared memory: %s)', async (share) => {
    const alone = await losses(null);
    // One worker has the whole batch: the numbers of one thread, to the last bit, also where it dies.
    expect(await losses([worker()], { local: false, share })).toEqual(alone);
    const doomed = worker();
    expect(await losses([doomed], { local: false, share }, (step) => step === 3 && doomed.kill('power cut'))).toEqual(
      alone,
    );
    const two = await losses([worker(), worker()], { local: false, share });
    two.forEach((loss, i) => void expect(Math.abs(loss / alone[i]! - 1)).toBeLessThan(1e-5));
    await expect(losses([], { local: false })).rejects.toThrow('with local false there must be a worker, got none');
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
      const fail = (): never => {
        throw new Error('out of memory');
      };
      void serveWorker(port, () => fail, { tell: () => {} });
    });
    const onDeath = (_: number, reason: string): void => void deaths.push(reason);
    expect(await losses([silent, failing], { onDeath, patience: 200 })).toEqual(expected);
    expect(deaths.sort()).toEqual(['it gave no sign of life within 0.2 s', 'out of memory']);
  });

  describe('at a step', () => {
    /** So many samples of one pixel. */
    const input = (count: number): StepInput => ({
      phase: 'denoiser',
      batch: {
        images: new Float32Array(count),
        masks: new Float32Array(count),
        imageShape: [count, 1, 1, 1],
        maskShape: [count, 1, 1, 1],
      },
    });
    /** A recipe of one weight that does something at its loss, which is 1 for a share of one in so many samples. */
    const recipeThat = (samples: number, during: () => void): Recipe => {
      const variables = new Map([['w', tf.variable(tf.scalar(0))]]);
      const loss = (): tf.Scalar => {
        during();
        return tf.tidy(() => tf.add(tf.mul(variables.get('w')!, 0), samples) as tf.Scalar);
      };
      return {
        network: { imageSize: [1, 1], maskChannels: 1, variables: () => variables },
        phases: [{ name: 'denoiser', variables, loss }],
      };
    };
    /** A worker that answers a step after `milliseconds`. */
    const slowWorker = (milliseconds: number): WorkerEndpoint =>
      localEndpoint((port) => {
        const answer = async (): Promise<ReplicaAnswer> => {
          await new Promise((resolve) => setTimeout(resolve, milliseconds));
          return { loss: 1, finished: 0, gradients: new Float32Array(1) };
        };
        void serveWorker(port, () => answer, { tell: () => {} });
      });
    afterEach(() => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    });

    it('counts the time of a worker from when this thread has done its own share', async () => {
      const deaths: string[] = [];
      const busy = recipeThat(2, () => {
        for (const end = performance.now() + 300; performance.now() < end; );
      });
      const options = {
        patience: 200,
        share: false,
        adaptive: false,
        onDeath: (_: number, reason: string) => void deaths.push(reason),
      };
      const group = await ReplicaGroup.start(busy, [slowWorker(20)], options);
      expect((await group.gradients(input(2))).loss).toBe(2);
      expect(deaths).toEqual([]);
      await group.dispose();
    });

    it('computes nothing on this thread where every share is left to workers', async () => {
      const compute = recipeThat(2, () => {
        throw new Error('computed here');
      });
      const workers = [slowWorker(150), slowWorker(150)];
      const group = await ReplicaGroup.start(compute, workers, { share: false, local: false });
      expect(group.size).toBe(2);
      expect((await group.gradients(input(2))).loss).toBe(2);
      await group.dispose();
    });

    it('waits for a worker for twenty times as long as this thread or another worker took, the first time too', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const now = performance.now.bind(performance);
      let passed = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => now() + passed);
      const compute = recipeThat(3, () => {
        passed += 100_000;
      });
      const deaths: string[] = [];
      const onDeath = (worker: number, reason: string): void => void deaths.push(`${worker}: ${reason}`);
      const endpoints = [slowWorker(150_000), slowWorker(10_000_000)];
      const starting = ReplicaGroup.start(compute, endpoints, {
        share: false,
        adaptive: false,
        onDeath,
      });
      await vi.advanceTimersByTimeAsync(10);
      const group = await starting;
      const step = group.gradients(input(3));
      await vi.advanceTimersByTimeAsync(2_900_000);
      expect(deaths).toEqual([]);
      await vi.advanceTimersByTimeAsync(200_000);
      expect(deaths).toEqual([expect.stringMatching(/^2: it gave no sign of life within 3000/)]);
      expect((await step).loss).toBe(3);
      vi.useRealTimers();
      await group.dispose();
    });
  });

  describe('with a worker that is late', () => {
    /** A worker that answers its steps from the second on only after `delay` milliseconds more. */
    const lateWorker = (delay: number): WorkerEndpoint =>
      localEndpoint((port) => {
        let steps = 0;
        const post: typeof port.post = (message, transfer) => {
          const late = (message as { kind: string }).kind === 'answer' && ++steps > 1;
          if (late) setTimeout(() => port.post(message, transfer), delay);
          else port.post(message, transfer);
        };
        serveReplica({ ...port, post }, smallTrainer(9).recipe);
      });

    it.each([true, false])('computes its share here, to the same numbers (shared memory: %s)', async (share) => {
      const expected = await losses([worker(), worker()], { share, adaptive: false });
      const deaths: string[] = [];
      const onDeath = (_: number, reason: string): void => void deaths.push(reason);
      const groups: ReplicaGroup[] = [];
      const start = ReplicaGroup.start.bind(ReplicaGroup);
      vi.spyOn(ReplicaGroup, 'start').mockImplementation(async (...args) => {
        groups.push(await start(...args));
        return groups.at(-1)!;
      });
      try {
        for (const delay of [300, 3000, 1e6]) {
          const before = performance.now();
          expect(await losses([lateWorker(delay), worker()], { share, onDeath })).toEqual(expected);
          expect(performance.now() - before).toBeLessThan(30_000);
          expect(groups.at(-1)!.overtaken).toBeGreaterThanOrEqual(1);
        }
      } finally {
        vi.restoreAllMocks();
      }
      expect(deaths).toEqual([]);
    });

    it('takes it back once it has answered, though no step waits for anything else', async () => {
      let answers = 0;
      const lateOnce = localEndpoint((port) => {
        const post: typeof port.post = (message, transfer) => {
          const isAnswer = (message as { kind: string }).kind === 'answer';
          if (isAnswer && ++answers === 2) setTimeout(() => port.post(message, transfer), 400);
          else port.post(message, transfer);
        };
        serveReplica({ ...port, post }, smallTrainer(9).recipe);
      });
      const trainer = smallTrainer();
      const group = await ReplicaGroup.start(trainer.recipe, [lateOnce]);
      const until = performance.now() + 20_000;
      for (let step = 0; answers < 5 && performance.now() < until; step++)
        await trainer.stepOn(group, discBatch(step, COUNT), 0.5);
      expect(group.overtaken).toBeGreaterThanOrEqual(1);
      expect(answers).toBeGreaterThanOrEqual(5);
      await group.dispose();
      trainer.dispose();
    });

    it('does whole steps on this thread, to the same numbers', async () => {
      const run = async (options: Partial<ReplicaGroupOptions>): Promise<{ seen: number[]; alone: number }> => {
        const slow = localEndpoint((port) => {
          const post: typeof port.post = (message, transfer) => void setTimeout(() => port.post(message, transfer), 60);
          serveReplica({ ...port, post }, smallTrainer(9).recipe);
        });
        const trainer = smallTrainer(1, { encoderShare: 0.9 });
        const group = await ReplicaGroup.start(trainer.recipe, [slow], options);
        const seen: number[] = [];
        const batchAt = (step: number): ReturnType<typeof discBatch> => discBatch(step, COUNT);
        const events = train(trainer, { budget: { steps: 32 }, batchAt, replicas: group });
        for await (const { loss } of events) seen.push(loss);
        await group.dispose();
        trainer.dispose();
        return { seen, alone: group.alone };
      };
      const waiting = await run({ adaptive: false });
      const adaptive = await run({});
      expect(adaptive.seen).toEqual(waiting.seen);
      expect(waiting.alone).toBe(0);
      expect(adaptive.alone).toBeGreaterThanOrEqual(4); // a trial at least
    });

    it('takes it for dead at last where it says nothing more', async () => {
      const expected = await losses([worker()], { adaptive: false });
      const deaths: string[] = [];
      const onDeath = (_: number, reason: string): void => void deaths.push(reason);
      const slow = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 100));
      const trainer = smallTrainer();
      const group = await ReplicaGroup.start(trainer.recipe, [lateWorker(1e6)], { patience: 500, onDeath });
      const seen: number[] = [];
      const batchAt = async (step: number): Promise<ReturnType<typeof discBatch>> => {
        await slow();
        return discBatch(step, COUNT);
      };
      const events = train(trainer, { budget: { steps: 10 }, batchAt, replicas: group });
      for await (const { loss } of events) seen.push(loss);
      expect(seen).toEqual(expected);
      expect(deaths).toEqual(['it gave no sign of life within 0.5 s']);
      expect(group.overtaken).toBe(1);
      await group.dispose();
      trainer.dispose();
    });
  });

  it('sums the gradients and the state of any loss that is a mean over samples', async () => {
    // The loss is the mean of (w - image)^2; its gradient is 2 (w - the mean image). The state follows the mean image.
    const recipeOf = (start: number): Recipe => {
      const variables = new Map([['w', tf.variable(tf.fill([2, 2, 1], start))]]);
      const state = new Map([['seen', tf.variable(tf.fill([2, 2, 1], start))]]);
      const loss = ({ images }: StepData): tf.Scalar =>
        tf.tidy(() => {
          state.get('seen')!.assign(tf.add(tf.mul(state.get('seen')!, 0.5), tf.mean(images, 0)));
          return tf.mean(tf.sum(tf.square(tf.sub(variables.get('w')!, images)), [1, 2, 3])) as tf.Scalar;
        });
      return {
        network: { imageSize: [2, 2], maskChannels: 1, variables: () => variables },
        phases: [{ name: 'only', variables, state, loss }],
      };
    };
    const remote = localEndpoint((port) => serveReplica(port, recipeOf(9))); // the group's weights must be set first
    const own = recipeOf(0.5);
    const group = await ReplicaGroup.start(own, [remote]);
    expect(group.size).toBe(2);
    const images = Float32Array.from({ length: 12 }, (_, i) => i); // pixel p of image b: 4 b + p
    const shape = [3, 2, 2, 1] as const;
    const batch = { images, masks: images, imageShape: shape, maskShape: shape };
    const { loss, gradients, state } = await group.gradients({ phase: 'only', batch });
    [...gradients.get('w')!.dataSync()].forEach((value, p) => void expect(value).toBeCloseTo(2 * (0.5 - (4 + p)), 5));
    [...state.get('seen')!.dataSync()].forEach((value, p) => void expect(value).toBeCloseTo(0.25 + 4 + p, 5));
    expect([...own.phases[0]!.state!.get('seen')!.dataSync()]).toEqual([0.5, 0.5, 0.5, 0.5]); // the step has its values
    expect(loss).toBeCloseTo(images.reduce((sum, v) => sum + (0.5 - v) ** 2, 0) / 3, 4);
    tf.dispose([...gradients.values(), ...state.values()]);
    await group.dispose();
  });

  it('leaves no tensor behind', async () => {
    const trainer = smallTrainer();
    const group = await ReplicaGroup.start(trainer.recipe, [worker()]);
    const step = async (at: number): Promise<void> => void (await trainer.stepOn(group, discBatch(at, COUNT), 0.5));
    await step(0);
    const before = tf.memory().numTensors;
    await step(1);
    expect(tf.memory().numTensors).toBe(before);
    await group.dispose();
  });
});

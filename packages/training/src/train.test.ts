import { register } from '@medseg/backend-wasm';
import { maskOfLogits } from '@medseg/diffusion';
import { describeOnBackends } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { NonFiniteError } from './non-finite-error.ts';
import { type AnchoredTrainer, discBatch, halvedBatch, smallTrainer } from './small-trainer.fixture.ts';
import { type TrainEvent, type TrainOptions, train } from './train.ts';
import type { CheckedBatch } from './training-batch.ts';

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  budget: { steps: 8 },
  batchAt: (step) => discBatch(step),
  ...more,
});

async function collect(
  trainer: AnchoredTrainer,
  more: Partial<TrainOptions> = {},
  limit = Number.POSITIVE_INFINITY,
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(trainer, options(more))) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

/** A validation whose score depends on the weights, so that a wrong restore shows. */
function weightScore(trainer: AnchoredTrainer): () => Promise<number> {
  return async () => {
    const variables = [...trainer.model.encoderVariables().values(), ...trainer.model.denoiserVariables().values()];
    return (
      1 / (1 + variables.reduce((sum, v) => sum + v.dataSync<'float32'>().reduce((a, b) => a + Math.abs(b), 0), 0))
    );
  };
}

describe('train', () => {
  beforeAll(() => register());

  it('learns in both phases', async () => {
    const trainer = smallTrainer();
    const events = await collect(trainer, { budget: { steps: 240 } });
    const mean = (list: TrainEvent[]): number => list.reduce((sum, e) => sum + e.loss, 0) / list.length;
    for (const phase of ['encoder', 'denoiser']) {
      const own = events.filter((e) => e.phase === phase);
      expect(own).toHaveLength(120);
      expect(mean(own.slice(-13)), phase).toBeLessThan(0.92 * mean(own.slice(0, 13)));
    }
    expect(trainer.progress.finished).toBe(true);
  });

  it('learns classes that exclude each other', async () => {
    const trainer = smallTrainer(1, { classes: 2 });
    const batchAt = (step: number): CheckedBatch => halvedBatch(step);
    const events = await collect(trainer, { budget: { steps: 240 }, batchAt });
    const losses = events.filter((e) => e.phase === 'encoder').map((e) => e.loss);
    expect(losses.at(-1)).toBeLessThan(0.92 * losses[0]!);
    const { images, masks, imageShape } = halvedBatch(1000);
    const scores = tf.tidy(() => {
      const { anchor } = trainer.model.encode(tf.tensor4d(images, [...imageShape]));
      return maskOfLogits(anchor, 'softmax').dataSync<'float32'>();
    });
    const right = scores.reduce((sum, score, i) => sum + (score > 0 === masks[i]! > 0 ? 1 : 0), 0);
    expect(right / scores.length).toBeGreaterThan(0.9);
  });
});

describeOnBackends('train', () => {
  it.each([1, 2] as const)('goes the way that it goes on wasm, with classes: %i', async (classes) => {
    const run = async (): Promise<number[]> => {
      const trainer = smallTrainer(1, { classes });
      const batchAt = (step: number): CheckedBatch => (classes === 2 ? halvedBatch(step) : discBatch(step));
      const losses = (await collect(trainer, { batchAt })).map(({ loss }) => loss);
      trainer.model.dispose();
      return losses;
    };
    const here = await run();
    const backend = tf.getBackend();
    await register();
    const onWasm = await run();
    await tf.setBackend(backend);
    for (const [i, loss] of here.entries()) {
      expect(Math.abs(loss / onWasm[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-3);
    }
  });

  it('gives the same losses from the same seed and others from another', async () => {
    const losses = async (seed: number): Promise<number[]> => (await collect(smallTrainer(seed))).map((e) => e.loss);
    const first = await losses(1);
    expect(await losses(1)).toEqual(first);
    expect(await losses(2)).not.toEqual(first);
  });

  describe('resumed', () => {
    let whole: AnchoredTrainer;
    let expected: TrainEvent[];
    const scored = (trainer: AnchoredTrainer, limit?: number): Promise<TrainEvent[]> =>
      collect(trainer, { validate: weightScore(trainer), validations: 4 }, limit);

    beforeAll(async () => {
      whole = smallTrainer();
      expected = await scored(whole);
    });

    it.each([2, 4, 6])('after step %i goes on as if it had never stopped', async (stop) => {
      const first = smallTrainer();
      const before = await scored(first, stop);
      const bytes = encodeCheckpoint(first);
      const second = smallTrainer(1);
      second.model.encoderVariables().forEach((v) => void v.assign(tf.zeros(v.shape)));
      restoreCheckpoint(second, bytes);
      const after = await scored(second);

      const essence = ({ step, phase, loss, gradientNorm, learningRate, validation }: TrainEvent): unknown => ({
        step,
        phase,
        loss,
        gradientNorm,
        learningRate,
        validation,
      });
      expect([...before, ...after].map(essence)).toEqual(expected.map(essence));
      for (const [name, variable] of whole.model.denoiserVariables()) {
        expect([...second.model.denoiserVariables().get(name)!.dataSync()], name).toEqual([...variable.dataSync()]);
      }
    });
  });
});

describe('train, over many steps', () => {
  beforeAll(() => register());

  it('leaves as many tensors after 200 steps as before them', async () => {
    const trainer = smallTrainer();
    const counts: number[] = [];
    for await (const { step } of train(trainer, options({ budget: { steps: 404 } }))) {
      // 200 steps within each phase
      if ([1, 201, 203, 403].includes(step)) counts.push(tf.memory().numTensors);
    }
    expect(counts[1]).toBe(counts[0]);
    expect(counts[3]).toBe(counts[2]);
  });
});

describe('train', () => {
  it('stops after the present step when aborted', async () => {
    const controller = new AbortController();
    const trainer = smallTrainer();
    const seen: number[] = [];
    for await (const { step } of train(trainer, options({ signal: controller.signal }))) {
      seen.push(step);
      if (step === 4) controller.abort();
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(trainer.progress.finished).toBe(false);
  });

  it('keeps to a time budget, phases included', async () => {
    let clock = 0;
    const trainer = smallTrainer(1, { encoderShare: 0.25 });
    const events = await collect(trainer, { budget: { minutes: 1 }, now: () => (clock += 1000) });
    expect(events.at(-1)!.progress).toBe(1);
    const switched = events.findIndex((e) => e.phase === 'denoiser');
    expect(events[switched - 1]!.progress).toBeGreaterThanOrEqual(0.25);
    expect(events[switched - 2]!.progress).toBeLessThan(0.25);
  });

  it('ends a phase early when validation no longer improves', async () => {
    const trainer = smallTrainer();
    const events = await collect(trainer, {
      budget: { steps: 40 },
      validations: 40,
      patience: 3,
      validate: async () => 0.5,
    });
    expect(events.filter((e) => e.phase === 'encoder')).toHaveLength(4); // one best, three without a better one
    expect(events.filter((e) => e.phase === 'denoiser')).toHaveLength(4);
    expect(trainer.progress.finished).toBe(true);
  });

  it('adopts and freezes the best encoder before it trains the denoiser', async () => {
    const trainer = smallTrainer();
    let frozen: string | undefined;
    const encoder = (): string => [...trainer.model.encoderVariables().values()].map((v) => v.dataSync().join()).join();
    let best = '';
    let calls = 0;
    const validate = async (): Promise<number> => {
      if (trainer.progress.phase === 'encoder' && ++calls === 2) best = encoder();
      return calls === 2 ? 0.9 : 0.1;
    };
    for await (const { phase } of train(trainer, options({ validations: 12, validate }))) {
      if (phase === 'denoiser') frozen ??= encoder();
    }
    expect(frozen).toBe(best);
    expect(encoder()).toBe(best);
  });

  it('names the step and the batch of a loss that is no number, and changes nothing', async () => {
    const trainer = smallTrainer();
    const weights = (): string => [...trainer.model.encoderVariables().values()].map((v) => v.dataSync().join()).join();
    const before = weights();
    const spoilt = { ...discBatch(0), images: discBatch(0).images.fill(Number.NaN) };
    await expect(collect(trainer, { batchAt: () => spoilt })).rejects.toThrow(NonFiniteError);
    await expect(collect(trainer, { batchAt: () => spoilt })).rejects.toThrow(
      /step 0 is not finite; the batch was disc 0, disc 1/,
    );
    expect(weights()).toBe(before);
  });

  it.each([
    [{ budget: { steps: 0 } }, /steps must be a positive whole number, got 0/],
    [{ budget: { steps: 1.5 } }, /steps must be a positive whole number, got 1.5/],
    [{ budget: { minutes: -1 } }, /minutes must be a positive number, got -1/],
  ])('refuses %j', async (more, rule) => {
    await expect(collect(smallTrainer(), more)).rejects.toThrow(rule);
  });
});

import { register } from '@medseg/backend-wasm';
import { expectNoLeak } from '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinBatches } from './accumulate.ts';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { NonFiniteError } from './non-finite-error.ts';
import { ReplicaGroup } from './replicas/replica-group.ts';
import { serveReplica } from './replicas/serve-replica.ts';
import { type AnchoredTrainer, discBatch, smallTrainer } from './small-trainer.fixture.ts';
import { type TrainEvent, type TrainOptions, train } from './train.ts';
import { Trainer } from './trainer.ts';
import type { CheckedBatch } from './training-batch.ts';

beforeAll(() => register());

const STEPS = 6;
const PARTS = 3;

/** Batches of different sizes, one of which leaves pixels out. */
const batchAt = (at: number): CheckedBatch => {
  const batch = discBatch(at, 2 + (at % 2));
  if (at % 4 !== 1) return batch;
  return { ...batch, pixelWeights: batch.masks.map((_, i) => (i % 5 === 0 ? 0 : 1)) };
};
const joinedAt = (step: number): CheckedBatch =>
  joinBatches(Array.from({ length: PARTS }, (_, i) => batchAt(step * PARTS + i)));

async function go(trainer: AnchoredTrainer, options: Partial<TrainOptions>, limit = STEPS): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(trainer, { budget: { steps: STEPS }, batchAt, ...options })) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

const weights = ({ model }: AnchoredTrainer): number[] =>
  [...model.variables().values()].flatMap((variable) => [...variable.dataSync()]);

function expectAlike(one: readonly TrainEvent[], other: readonly TrainEvent[]): void {
  expect(one.length).toBe(STEPS);
  one.forEach(({ loss, gradientNorm, samples }, i) => {
    expect(Math.abs(loss / other[i]!.loss - 1), `loss ${i}`).toBeLessThan(1e-5);
    expect(Math.abs(gradientNorm / other[i]!.gradientNorm - 1), `norm ${i}`).toBeLessThan(1e-4);
    expect(samples?.t).toEqual(other[i]!.samples?.t);
    samples?.losses.forEach((value, k) => void expect(value).toBeCloseTo(other[i]!.samples!.losses[k]!, 4));
  });
}

describe('steps of several batches', () => {
  it('are those of one batch as large as all', async () => {
    const [parts, whole] = [smallTrainer(), smallTrainer()];
    const events = await go(parts, { accumulate: PARTS });
    const expected = await go(whole, { batchAt: joinedAt });
    expectAlike(events, expected);
    expect(events.at(-1)!.samples!.losses.length).toBe(joinedAt(STEPS - 1).imageShape[0]);
    const [a, b] = [weights(parts), weights(whole)];
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-4);
  });

  it('are the same on two threads', async () => {
    const trainer = smallTrainer();
    const worker = localEndpoint((port) => serveReplica(port, smallTrainer(9).recipe));
    const replicas = await ReplicaGroup.start(trainer.recipe, [worker], { adaptive: false });
    const events = await go(trainer, { accumulate: PARTS, replicas });
    await replicas.dispose();
    expectAlike(events, await go(smallTrainer(), { batchAt: joinedAt }));
  });

  it.each([2, 4])('are resumed after step %i to the same bits', async (limit) => {
    const whole = smallTrainer();
    const events = await go(whole, { accumulate: PARTS });
    const first = smallTrainer();
    await go(first, { accumulate: PARTS }, limit);
    const second = smallTrainer();
    restoreCheckpoint(second, encodeCheckpoint(first));
    const rest = await go(second, { accumulate: PARTS });
    expect(rest.map(({ loss }) => loss)).toEqual(events.slice(limit).map(({ loss }) => loss));
    expect(weights(second)).toEqual(weights(whole));
  });

  it('ask for each batch once', async () => {
    const asked: number[] = [];
    const noted = (at: number): CheckedBatch => {
      asked.push(at);
      return batchAt(at);
    };
    await go(smallTrainer(), { accumulate: PARTS, batchAt: noted });
    expect(asked).toEqual(Array.from({ length: STEPS * PARTS }, (_, i) => i));
  });

  it('leave no tensor behind, and change nothing where a part is no number', async () => {
    const trainer = smallTrainer();
    trainer.step([batchAt(0), batchAt(1)], 0);
    await expectNoLeak(() => void trainer.step([batchAt(2), batchAt(3)], 0.5));
    const before = weights(trainer);
    const spoilt = { ...batchAt(4), images: new Float32Array(batchAt(4).images.length).fill(Number.NaN) };
    expect(() => trainer.step([batchAt(5), spoilt], 0.5)).toThrow(NonFiniteError);
    expect(weights(trainer)).toEqual(before);
  });

  it('are refused where they do not fit together', async () => {
    const trainer = smallTrainer();
    expect(() => trainer.step([], 0)).toThrow('train: a step must have at least one batch, got none');
    const other = batchAt(0);
    const [count, height, width] = other.imageShape;
    const coloured = {
      ...other,
      images: new Float32Array(3 * other.images.length),
      imageShape: [count, height, width, 3],
    };
    expect(() => trainer.step([batchAt(0), coloured], 0)).toThrow(
      `train: imageShape must be [${count}, ${height}, ${width}, 1] for this network, got [${count}, ${height}, ${width}, 3]`,
    );
    // A network need not say which channels it takes.
    const { imageSize, maskChannels } = trainer.recipe.network;
    const network = { imageSize, maskChannels, variables: () => trainer.recipe.network.variables() };
    const open = new Trainer({ ...trainer.recipe, network }, { seed: 1 });
    expect(() => open.step([batchAt(0), coloured], 0)).toThrow(
      'train: the images of one step must have the same channels, got 1 and 3',
    );
    await expect(go(trainer, { accumulate: 1.5 })).rejects.toThrow(
      'train: accumulate must be a positive whole number, got 1.5',
    );
  });
});

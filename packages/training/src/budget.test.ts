import { register } from '@medseg/backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import '@medseg/test-support';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { learningRate } from './learning-rate.ts';
import { discBatch, smallTrainer } from './small-trainer.fixture.ts';
import { type TrainEvent, type TrainOptions, train } from './train.ts';
import type { Trainer } from './trainer.ts';
import type { Budget } from './trainer-progress.ts';

beforeAll(() => register());

/** Trains with half of the budget for the encoder, until the end or for some steps. */
async function go(
  trainer: Trainer,
  budget: Budget,
  { limit = Number.POSITIVE_INFINITY, ...more }: Partial<TrainOptions> & { limit?: number } = {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(trainer, { budget, batchAt: discBatch, ...more })) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

const peak = 2e-3;
const phases = (events: readonly TrainEvent[]): string[] => events.map(({ phase }) => phase);
const repeated = (phase: string, times: number): string[] => Array.from({ length: times }, () => phase);

describe('a larger budget', () => {
  it('goes on in the encoder’s phase, with its share and the learning rate of the new budget', async () => {
    const trainer = smallTrainer();
    await go(trainer, { steps: 8 }, { limit: 2 });
    const events = await go(trainer, { steps: 20 });
    expect(phases(events)).toEqual([...repeated('encoder', 8), ...repeated('denoiser', 10)]);
    // Steps 3 and 12, which are the third of ten in the encoder's phase and the second of ten in the denoiser's.
    expect(events[0]!.learningRate).toBeCloseTo(learningRate(2 / 10, { peak }), 12);
    expect(events[9]!.learningRate).toBeCloseTo(learningRate(1 / 10, { peak }), 12);
  });

  it('extends a run that has ended: the encoder stays as it is, and the denoiser goes on', async () => {
    const trainer = smallTrainer();
    await go(trainer, { steps: 8 });
    expect(trainer.progress).toMatchObject({ finished: true, phaseStart: 0.5 });
    const encoder = (): string => [...trainer.model.encoderVariables().values()].map((v) => v.dataSync().join()).join();
    const before = encoder();
    const events = await go(trainer, { steps: 16 });
    expect(events.map(({ step }) => step)).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
    expect(phases(events)).toEqual(repeated('denoiser', 8));
    expect(encoder()).toBe(before);
    // The denoiser's phase began after step 4 of what are now 16: step 9 is its fifth of twelve.
    expect(events[0]!.learningRate).toBeCloseTo(learningRate(4 / 12, { peak }), 12);
    expect(trainer.progress).toMatchObject({ finished: true, phaseStart: 0.25, step: 16 });
  });

  it('validates as often in what is left as in a run of that budget, and keeps the best weights of before', async () => {
    const trainer = smallTrainer();
    let calls = 0;
    const validate = async (): Promise<number> => 1 / ++calls; // worse and worse
    await go(trainer, { steps: 8 }, { validate, validations: 4 });
    const best = trainer.progress.bestScore;
    const events = await go(trainer, { steps: 16 }, { validate, validations: 4 });
    const validated = events.filter(({ validation }) => validation !== undefined);
    expect(validated.map(({ step }) => step)).toEqual([12, 16]);
    expect(validated.map(({ validation }) => validation!.improved)).toEqual([false, false]);
    expect(trainer.progress.bestScore).toBe(best);
  });

  it('goes on where patience ended the run', async () => {
    const trainer = smallTrainer();
    const more = { patience: 1, validations: 40, validate: async () => 0.5 };
    expect((await go(trainer, { steps: 40 }, more)).length).toBeLessThan(40);
    expect(trainer.progress.finished).toBe(true);
    expect(await go(trainer, { steps: 40 }, more)).toEqual([]);
    expect(await go(trainer, { steps: 80 }, { validations: 4 })).not.toEqual([]);
    expect(trainer.progress.step).toBe(80);
  });

  it('may be a time where it was a number of steps', async () => {
    const trainer = smallTrainer();
    let clock = 0;
    const now = (): number => (clock += 1000); // a step takes a second
    await go(trainer, { steps: 8 }, { now });
    const seconds = trainer.progress.elapsed / 1000;
    const events = await go(trainer, { minutes: (2 * seconds) / 60 }, { now });
    expect(events.length).toBeGreaterThan(5);
    expect(trainer.progress.phaseStart).toBeCloseTo(0.25, 12);
    expect(events.at(-1)!.progress).toBe(1);
  });

  it('resumes after a checkpoint, to the last bit, as if it had not stopped again', async () => {
    const whole = smallTrainer();
    await go(whole, { steps: 8 });
    const expected = await go(whole, { steps: 16 });
    const first = smallTrainer();
    await go(first, { steps: 8 });
    const before = await go(first, { steps: 16 }, { limit: 3 });
    const second = smallTrainer(1);
    restoreCheckpoint(second, encodeCheckpoint(first));
    const after = await go(second, { steps: 16 });
    const essence = ({ step, phase, loss, learningRate: rate }: TrainEvent): unknown[] => [step, phase, loss, rate];
    expect([...before, ...after].map(essence)).toEqual(expected.map(essence));
  });
});

it.each<[string, Budget, string]>([
  ['fewer steps', { steps: 6 }, '8 steps, of which 50 % is used; got 6 steps'],
  ['steps that are done', { steps: 4 }, '8 steps, of which 50 % is used; got 4 steps'],
  ['less time than was used', { minutes: 1e-9 }, '8 steps, of which 50 % is used; got 1e-9 minutes'],
])('refuses %s, and changes nothing', async (_, budget, rule) => {
  const trainer = smallTrainer();
  await go(trainer, { steps: 8 }, { limit: 4 });
  const before = structuredClone(trainer.progress);
  await expect(go(trainer, budget)).rejects.toThrow(`train: a budget must leave more to do than ${rule}`);
  expect(trainer.progress).toEqual(before);
});

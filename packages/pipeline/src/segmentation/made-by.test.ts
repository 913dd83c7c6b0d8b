import { beforeAll, describe, expect, it } from 'vitest';
import { smallRun } from '../load-run/small-run.fixture.ts';
import { Run } from '../run/run.ts';
import { ensembleOf } from '../run/sampling.ts';
import { memoryStore } from '../run/store.ts';
import { madeBy } from './made-by.ts';

let run: Run;
beforeAll(async () => {
  run = await Run.open(await smallRun());
});

describe('madeBy', () => {
  it('is the same for the same run, wherever it lies', async () => {
    const copy = memoryStore({}, 'elsewhere');
    await Run.create(copy, run.info, { model: await run.readModel() });
    const options = ensembleOf(run, {});
    expect(await madeBy(await Run.open(copy), options)).toBe(await madeBy(run, options));
  });

  it('differs with the weights, the preparation and every option', async () => {
    const changed = async (change: (weights: Uint8Array) => void, size?: [number, number]): Promise<Run> => {
      const weights = await run.readModel();
      change(weights);
      const { preparation } = run.info;
      const info = { ...run.info, preparation: { ...preparation, ...(size && { imageSize: size }) } } as Run['info'];
      return Run.create(memoryStore(), info, { model: weights });
    };
    const options = ensembleOf(run, {});
    const all = await Promise.all([
      madeBy(run, options),
      madeBy(await changed((weights) => void weights.fill(7, -4)), options),
      madeBy(await changed(() => {}, [8, 8]), options),
      ...[{ seed: 99 }, { members: 2 }, { samplingSteps: 2 }, { scheduler: 'ddpm' as const }, { fast: true }].map(
        (choice) => madeBy(run, ensembleOf(run, choice)),
      ),
      ...(['majority', 'staple'] as const).map((fuse) => madeBy(run, ensembleOf(run, { fuse }))),
    ]);
    expect(new Set(all).size).toBe(all.length);
    expect(await madeBy(run, ensembleOf(run, { fuse: 'mean' }))).toBe(all[0]); // the default, by name
  });
});

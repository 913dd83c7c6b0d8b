import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { cellsOf, configOf, makePlan } from './plan.ts';
import { gridOf } from './settings.ts';

const config = { data: { dir: 'images', layout: 'lgg' }, training: { steps: 2 } };
const settings = gridOf(['training.batchSize=2,4']);

it('trains every setting with every seed on every fold, in folders of their own', () => {
  const plan = makePlan(config, { settings, seeds: [3, 1], folds: 2 }, 'studies/one');
  expect(plan.config).toEqual({ ...config, data: { dir: '../../images', layout: 'lgg' } });
  const cells = cellsOf(plan);
  expect(cells.map(({ folder }) => folder)).toEqual([
    '1-training.batchSize=2_seed-3_fold-0',
    '2-training.batchSize=4_seed-3_fold-0',
    '1-training.batchSize=2_seed-3_fold-1',
    '2-training.batchSize=4_seed-3_fold-1',
    '1-training.batchSize=2_seed-1_fold-0',
    '2-training.batchSize=4_seed-1_fold-0',
    '1-training.batchSize=2_seed-1_fold-1',
    '2-training.batchSize=4_seed-1_fold-1',
  ]);
  const { seed, data, training } = configOf(plan, cells[7]!, 'studies/one');
  expect([seed, training.batchSize, training.steps]).toEqual([1, 4, 2]);
  // Seeds do not change who is scored.
  expect(data).toMatchObject({ dir: resolve('images'), folds: 2, fold: 1, splitSeed: 3 });
});

it('keeps a split that is asked for, and has no fold where there are none', () => {
  const own = { ...config, data: { ...config.data, splitSeed: 9 } };
  const plan = makePlan(own, { settings, seeds: [0] }, 'one');
  const { data } = configOf(plan, cellsOf(plan)[0]!, 'one');
  expect(data.splitSeed).toBe(9);
  expect(data.fold).toBeUndefined();
});

it('refuses more trainings than anybody means', () => {
  const seeds = Array.from({ length: 501 }, (_, k) => k);
  expect(() => makePlan(config, { settings, seeds }, 'one')).toThrow(
    'study: must have at most 1000 trainings, got 1002',
  );
});

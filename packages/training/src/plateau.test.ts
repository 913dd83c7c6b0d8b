import { expect, it } from 'vitest';
import { isPlateauState, Plateau } from './plateau.ts';

/** torch.optim.lr_scheduler.ReduceLROnPlateau(mode='max', threshold=0), as its source does it. */
function scalesOf(scores: readonly number[], { factor, patience }: { factor: number; patience: number }): number[] {
  let [best, bad, scale] = [Number.NEGATIVE_INFINITY, 0, 1];
  return scores.map((score) => {
    if (score > best) [best, bad] = [score, 0];
    else bad++;
    if (bad > patience) [scale, bad] = [scale * factor, 0];
    return scale;
  });
}

const SCORES = [0.1, 0.4, 0.4, 0.3, 0.2, 0.39, 0.41, 0.41, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.8, 0.8, 0.8];

it.each([
  { factor: 0.1, patience: 0 },
  { factor: 0.5, patience: 1 },
  { factor: 0.3, patience: 3 },
  { factor: 0.9, patience: 20 },
])("reduces the rate where PyTorch's does, with %o", (options) => {
  const plateau = new Plateau('test', options);
  const scales = SCORES.map((score) => {
    plateau.note(score);
    expect(isPlateauState(JSON.parse(JSON.stringify(plateau.state)))).toBe(true);
    return plateau.state.scale;
  });
  expect(scales).toEqual(scalesOf(SCORES, options));
});

it('refuses what reduces nothing', () => {
  expect(() => new Plateau('test', { factor: 1, patience: 2 })).toThrow(
    'test: factor of plateau must be a number above 0 and below 1, got 1',
  );
  expect(() => new Plateau('test', { factor: 0.5, patience: 1.5 })).toThrow(
    'test: patience of plateau must be a whole number, got 1.5',
  );
  expect(() => new Plateau('test', { factor: 0.5 } as never)).toThrow(/patience of plateau must be a number/);
});

import { kindOf, type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { Budget, TrainerProgress } from './trainer-progress.ts';

/** Throws TypeError for what is no budget, RangeError for one with anything else in it. */
export function requireBudget(who: string, budget: Budget): void {
  const given = typeof budget === 'object' && budget !== null && !Array.isArray(budget) ? budget : {};
  const { steps, minutes } = given as { steps?: number; minutes?: number };
  if ((steps === undefined) === (minutes === undefined)) {
    throw new TypeError(
      `${who}: budget must be { steps } or { minutes }, got ${JSON.stringify(budget) ?? kindOf(budget)}`,
    );
  }
  requireOptions(`${who}: budget`, budget, { steps: true, minutes: true });
}

/** Share of a budget that is used, above 1 where more is. */
export function usedShare(progress: Pick<TrainerProgress, 'step' | 'elapsed'>, budget: Budget): number {
  requireObject('usedShare: progress', progress, ['step', 'elapsed']);
  requireBudget('usedShare', budget);
  const { step, elapsed } = progress;
  return 'steps' in budget ? step / budget.steps : elapsed / (budget.minutes * 60_000);
}

const adoptBudgetOptionNames: OptionNames<NonNullable<Parameters<typeof adoptBudget>[2]>> = { validations: true };

/**
 * Makes a budget that of a training. Where it differs from the one before, what stands as a share of the budget is
 * converted, validations are counted as if they had been spread over the new one, and a training that had ended goes on.
 * Throws RangeError for a budget out of range, or one that leaves less to do than the one before.
 */
export function adoptBudget(state: TrainerProgress, budget: Budget, options: { readonly validations: number }): void {
  requireOptions('adoptBudget', options, adoptBudgetOptionNames);
  const { validations } = options;
  requireObject('adoptBudget: state', state, ['step', 'elapsed', 'phaseStart']);
  requireBudget('train', budget);
  checkBudget(budget);
  const { budget: before } = state;
  state.budget = budget;
  if (before === undefined || describe(before) === describe(budget)) return;
  const [used, now] = [usedShare(state, before), usedShare(state, budget)];
  if (now > used || now >= 1) {
    state.budget = before;
    throw new RangeError(
      `train: a budget must leave more to do than ${describe(before)}, of which ${percent(used)} is used; got ${describe(budget)}`,
    );
  }
  if (used > 0) state.phaseStart *= now / used;
  state.validations = Math.floor(now * validations);
  state.stale = 0;
  state.finished = false;
}

function describe(budget: Budget): string {
  return 'steps' in budget ? `${budget.steps} steps` : `${budget.minutes} minutes`;
}

function percent(share: number): string {
  return `${Math.round(100 * Math.min(1, share))} %`;
}

function checkBudget(budget: Budget): void {
  const [name, value, whole] =
    'steps' in budget ? (['steps', budget.steps, true] as const) : (['minutes', budget.minutes, false] as const);
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
    throw new RangeError(`train: ${name} must be a positive ${whole ? 'whole ' : ''}number, got ${value}`);
  }
}

import type { Run, RunConfig } from '@medseg/pipeline';
import { adoptBudget, type Budget, type TrainerProgress } from '@medseg/training';
import { UserError } from '../terminal/user-error.ts';

/** How long a configuration trains. */
export function budgetOf({ training: { steps, minutes } }: Pick<RunConfig, 'training'>): Budget {
  return steps !== undefined ? { steps } : { minutes: minutes ?? 15 };
}

/**
 * The run with a configuration's budget, recorded, where it is larger than its own. Throws UserError for one that leaves
 * less to do. Should the process end before the next checkpoint, resuming extends that one to the same budget.
 */
export async function extendRun(run: Run, progress: TrainerProgress, config: RunConfig): Promise<Run> {
  const info = run.trained;
  const [from, to] = [budgetOf(info.config), budgetOf(config)];
  progress.budget ??= info.extensions?.[0]?.from ?? from; // of a checkpoint of an earlier version
  if (JSON.stringify(from) === JSON.stringify(to)) return run;
  try {
    adoptBudget(progress, to, { validations: config.training.validations });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`--resume: ${error.message.replace(/^train: /, '')}`, 2);
    throw error;
  }
  const extension = { from, to, step: progress.step };
  return run.withInfo({ ...info, config, extensions: [...(info.extensions ?? []), extension] });
}

import type { Case } from '@medseg/datasets';
import type { RunFolder } from '../run-folder.ts';
import { UserError } from '../user-error.ts';

export type SplitName = 'validation' | 'test' | 'all';

/** The split that is asked for; of a run without patients of its own, all. */
export function splitOf(run: RunFolder, split: SplitName | undefined): SplitName {
  return split ?? (run.info.kind === 'imported' ? 'all' : 'validation');
}

/** The cases of a run's split. Throws UserError where there are none. */
export function chooseCases(run: RunFolder, cases: readonly Case[], split: SplitName, dir: string): Case[] {
  if (split === 'all') return [...cases];
  const wanted = new Set(run.info.patients[split]);
  if (wanted.size === 0) throw new UserError(`${run.path}: the run has no ${split} patients; evaluate another --split`);
  const chosen = cases.filter((c) => wanted.has(c.patient));
  if (chosen.length === 0) {
    throw new UserError(
      `${dir}: holds none of the run's ${wanted.size} ${split} patients; use --split all for other data`,
    );
  }
  return chosen;
}

import { requireList, requireObject, requireText } from '@medseg/arguments';
import type { Case } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import { RunError } from '../errors.ts';
import type { Run } from './run.ts';

/** The part of a data set that is evaluated. */
export type SplitName = 'validation' | 'test' | 'all';

/**
 * The split that is asked for; else the test patients of a run, who took no part in training, or the validation patients of
 * one that has no others; of an imported run, which has no patients of its own, all.
 */
export function splitOf(run: Run, split: SplitName | undefined): SplitName {
  requireObject('splitOf: run', run, ['info', 'store']);
  if (split !== undefined) return split;
  if (run.info.kind === 'imported') return 'all';
  return run.info.patients.test.length > 0 ? 'test' : 'validation';
}

/** The patients of a run's split of whom there is no case. */
export function missingPatients(run: Run, cases: readonly Case[], split: SplitName): string[] {
  requireObject('missingPatients: run', run, ['info', 'store']);
  requireList('missingPatients: cases', cases);
  if (split === 'all') return [];
  const present = new Set(cases.map(({ patient }) => patient));
  return run.info.patients[split].filter((name) => !present.has(name));
}

/** The cases of a run's split. Throws RunError where there are none. */
export function chooseCases(run: Run, cases: readonly Case[], split: SplitName, dir: string): Case[] {
  requireObject('chooseCases: run', run, ['info', 'store']);
  requireList('chooseCases: cases', cases);
  requireText('chooseCases: dir', dir);
  if (split === 'all') return [...cases];
  const wanted = new Set(run.info.patients[split]);
  if (wanted.size === 0) throw new RunError(`${run.name}: the run has no ${split} patients; evaluate another --split`);
  const chosen = cases.filter((c) => wanted.has(c.patient));
  if (chosen.length === 0) {
    throw new RunError(
      `${dir}: holds none of the run's ${plural(wanted.size, `${split} patients`)}; use --split all for other data`,
    );
  }
  return chosen;
}

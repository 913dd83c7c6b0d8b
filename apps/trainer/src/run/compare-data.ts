import { resolve } from 'node:path';
import { type Case, type DataRemark, remarkLines } from '@medseg/datasets';
import {
  channelChange,
  channelsOfFile,
  compareWithTraining,
  noRangesRemark,
  type Run,
  type RunModel,
} from '@medseg/pipeline';
import { output } from '../terminal/output.ts';
import { UserError } from '../terminal/user-error.ts';
import { dataFolderOf } from './data-folder.ts';

/** Says once that scans cannot be compared with the training data. */
export function remarkNoRanges(run: Run): void {
  const remark = noRangesRemark(run);
  if (remark !== undefined) output.remark(remark);
}

/**
 * Compares the cases of a data set with those that a run was trained on, and says how they differ. Throws UserError for
 * those that differ too much, unless they are the run's own or `force` is given.
 */
export function compareData(
  run: Run,
  cases: readonly Case[],
  { dir, force = false }: { dir: string; force?: boolean | undefined },
): void {
  const own = dataFolderOf(run);
  const isOwn = own !== undefined && resolve(own) === resolve(dir);
  remarkNoRanges(run);
  const remarks: DataRemark[] = [];
  const refusals: string[] = [];
  for (const { images, facts } of cases) {
    if (!facts) continue;
    const file = images[0]!;
    const compared = compareWithTraining(run, facts, { file, force: force || isOwn });
    remarks.push(...compared.remarks);
    if (compared.refusal !== undefined) refusals.push(`${file}: ${compared.refusal}`);
  }
  for (const line of remarkLines(remarks)) output.remark(line);
  if (refusals.length === 0) return;
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : '';
  throw new UserError(`${refusals[0]}${more}; --force evaluates them all the same`);
}

/** Says which cases are given to a network with other channels than they have. */
export function remarkChannels({ network }: RunModel, run: Run, cases: readonly Case[]): void {
  const { preparation } = run.info;
  const remarks = cases.flatMap(({ images, facts }) => {
    if (!facts) return [];
    const wanted = channelsOfFile(network.imageChannels, facts.spacing !== undefined, preparation);
    const change = channelChange(facts.channels, wanted, preparation);
    return change ? [{ file: images[0]!, text: change.remark }] : [];
  });
  for (const line of remarkLines(remarks)) output.remark(line);
}

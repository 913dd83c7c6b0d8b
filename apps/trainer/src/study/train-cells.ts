import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Evaluation, parseEvaluation, RUN_FILES, type RunConfig, RunError } from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import { NonFiniteError } from '@medseg/training';
import { evaluateTrained } from '../commands/train.ts';
import { configuredData, readData, type UsableData } from '../run/data.ts';
import { dataFolderOf } from '../run/data-folder.ts';
import { removeParts } from '../run/left-overs.ts';
import { withRunLock } from '../run/lock.ts';
import { hasEventFile } from '../tensorboard/event-file.ts';
import { output } from '../terminal/output.ts';
import { writeOutput } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';
import { trainRun } from '../training/train-run.ts';
import { cellsOf, configOf, type StudyCell, type StudyPlan } from './plan.ts';

/** The scores of a training, as `evaluate --json` writes them: a training with this file is done. */
const SCORES_FILE = 'evaluation.json';
/** Why a training has no scores though it is done: its loss was no longer a number. */
const FAILURE_FILE = 'failure.json';

/** How far a training of a study is. */
type State = 'new' | 'begun' | 'done' | 'failed';

interface TrainCellsOptions {
  readonly signal: AbortSignal;
  readonly tensorboard?: boolean | undefined;
}

/**
 * Trains and scores what a study has not trained and scored yet, one after the other. Returns false where it was stopped. A
 * training whose loss is no longer a number is noted and left; every other error ends the study.
 */
export async function trainCells(
  plan: StudyPlan,
  folder: string,
  { signal, tensorboard }: TrainCellsOptions,
): Promise<boolean> {
  const cells = cellsOf(plan);
  const waiting = cells.filter((cell) => !['done', 'failed'].includes(stateOf(join(folder, cell.folder))));
  if (waiting.length < cells.length)
    output.remark(`${cells.length - waiting.length} of ${cells.length} trainings are done`);
  if (waiting.length === 0) return true;
  // What writes event files goes on with them.
  const events = tensorboard ?? cells.some((cell) => hasEventFile(join(folder, cell.folder)));
  const data = await readData(configuredData(configOf(plan, waiting[0]!, folder).data), signal);
  for (const cell of waiting) {
    output.result();
    output.result(`training ${cells.indexOf(cell) + 1} of ${cells.length}: ${labelOf(plan, cell)}`);
    const out = join(folder, cell.folder);
    const finished = await withRunLock(out, () =>
      trainCell(plan, cell, { folder, out, data, signal, tensorboard: events }),
    );
    if (!finished) return false;
  }
  return true;
}

interface TrainCellOptions extends TrainCellsOptions {
  readonly folder: string;
  readonly out: string;
  readonly data: UsableData;
}

async function trainCell(
  plan: StudyPlan,
  cell: StudyCell,
  { folder, out, data, signal, tensorboard }: TrainCellOptions,
): Promise<boolean> {
  const begun = stateOf(out) === 'begun' ? await openRunFolder(out) : undefined;
  if (begun) removeParts(out);
  const config = begun
    ? { ...begun.trained.config, data: { ...begun.trained.config.data, dir: dataFolderOf(begun)! } }
    : configOf(plan, cell, folder);
  try {
    const trained = await trainRun(config, out, { begun, signal, tensorboard, data });
    if (!trained.finished) return false;
    if (trained.test.length + trained.validation.length === 0)
      throw new UserError(`${folder}: no patients are left to score the settings on; data.test or data.validation`);
    await evaluateTrained(trained, out, signal, join(out, SCORES_FILE));
  } catch (error) {
    // A network that cannot be built fails before its run begins, and would again.
    const isUnbuilt = error instanceof RunError && stateOf(out) !== 'begun';
    if (!(error instanceof NonFiniteError || isUnbuilt)) throw error;
    output.remark(`${cell.folder}: ${error.message}; the study goes on without this training`);
    await writeOutput(join(out, FAILURE_FILE), `${JSON.stringify({ message: error.message }, null, 2)}\n`);
  }
  return true;
}

/** What a study's trainings came to. */
interface TrainedCell {
  readonly cell: StudyCell;
  readonly evaluation: Evaluation;
  readonly seconds: number;
}

/** The scores of the trainings that are done, and the messages of those that failed. */
export async function readCells(
  plan: StudyPlan,
  folder: string,
): Promise<{
  readonly trained: TrainedCell[];
  readonly failed: { readonly cell: StudyCell; readonly message: string }[];
}> {
  const trained: TrainedCell[] = [];
  const failed: { cell: StudyCell; message: string }[] = [];
  for (const cell of cellsOf(plan)) {
    const out = join(folder, cell.folder);
    if (stateOf(out) === 'failed') {
      failed.push({ cell, message: failureOf(join(out, FAILURE_FILE)) });
      continue;
    }
    const file = join(out, SCORES_FILE);
    const evaluation = parseEvaluation(readFileSync(file, 'utf8'), file);
    const lines = await (await openRunFolder(out)).readMetrics();
    trained.push({ cell, evaluation, seconds: lines.at(-1)?.seconds ?? 0 });
  }
  return { trained, failed };
}

function failureOf(file: string): string {
  try {
    return String((JSON.parse(readFileSync(file, 'utf8')) as { message?: unknown }).message);
  } catch {
    throw new UserError(`${file}: cannot be read; delete it, and the study tries the training again`);
  }
}

/** The configurations of all trainings. Throws UserError that names the setting whose configuration is none. */
export function checkCells(plan: StudyPlan, folder: string): RunConfig[] {
  return cellsOf(plan).map((cell) => {
    try {
      return configOf(plan, cell, folder);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new UserError(`${plan.settings[cell.setting]!.name}: ${error.message}`, 2);
    }
  });
}

/** A training as lines name it. */
export function labelOf({ settings, folds }: StudyPlan, { setting, seed, fold }: StudyCell): string {
  const part = fold === undefined ? '' : `, fold ${fold} of ${folds}`;
  return `${settings[setting]!.name}, seed ${seed}${part}`;
}

function stateOf(folder: string): State {
  if (existsSync(join(folder, SCORES_FILE))) return 'done';
  if (existsSync(join(folder, FAILURE_FILE))) return 'failed';
  return existsSync(join(folder, RUN_FILES.info)) ? 'begun' : 'new';
}

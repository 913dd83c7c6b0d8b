import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import { summariseResults } from '@medseg/metrics';
import {
  ensembleOf,
  evaluationJson,
  isPlain,
  loadRunModel,
  parseEvaluation,
  type SamplingChoice,
  type SplitName,
  splitOf,
  unitOf,
} from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import { evaluateWithProgress } from '../evaluation/with-progress.ts';
import { compareData, remarkChannels } from '../run/compare-data.ts';
import { type DataOverrides, dataChoiceOf, readData } from '../run/data.ts';
import { assertFree, runFiles } from '../run/folder.ts';
import { withGuessedLayout } from '../run/guessed-layout.ts';
import { withRunLock } from '../run/lock.ts';
import { requireClasses } from '../run/run-classes.ts';
import { chooseFrom } from '../run/split.ts';
import { PLAN_FILE } from '../study/plan.ts';
import { reportSampling, type SampledCell } from '../study/report-sampling.ts';
import { makeSamplingPlan, requireSamePlan, type SamplingCell, samplingCells } from '../study/sampling-plan.ts';
import { startBackend } from '../terminal/backend.ts';
import { InterruptedError, onInterrupt } from '../terminal/interrupt.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs } from '../terminal/output-files.ts';
import { UserError, withHint } from '../terminal/user-error.ts';

/** Sampling steps and members that are tried unless told. */
const STEPS = [1, 2, 3, 5, 10, 50];
const MEMBERS = [1, 5, 25];

export interface SamplingStudyOptions extends DataOverrides, Pick<SamplingChoice, 'scheduler' | 'seed'> {
  readonly run?: string;
  readonly out: string;
  readonly split?: SplitName;
  readonly samplingSteps?: readonly number[];
  readonly members?: readonly number[];
  readonly workers: number;
  readonly json?: string;
  readonly force?: boolean;
  readonly resume?: boolean;
}

/** `medseg study --sampling`: scores a run with several numbers of sampling steps and members, and says what each costs. */
export async function studySampling(options: SamplingStudyOptions): Promise<void> {
  const { out, json, force, workers, samplingSteps: steps = STEPS, members = MEMBERS } = options;
  if (options.run === undefined) throw new UserError('study: --sampling needs --run FOLDER', 2);
  const run = await openRunFolder(options.run);
  if (isPlain(run)) throw new UserError(`${options.run}: its network is a plain U-Net, which has nothing to sample`);
  const choice = dataChoiceOf(run, await withGuessedLayout(run, options));
  if (json !== undefined) {
    const inputs = [choice.dir, ...runFiles(run), join(out, PLAN_FILE)];
    checkOutputs([{ option: '--json', path: json }], { inputs, force });
  }
  if (!options.resume && existsSync(join(out, PLAN_FILE)))
    throw new UserError(`${out}: holds a study already; go on with --resume, or choose another --out`);
  if (!options.resume) assertFree(out);
  const split = splitOf(run, options.split);
  const { signal, release } = onInterrupt();
  try {
    const data = await readData(choice, signal);
    const cases = await chooseFrom(data, run, { split, dir: choice.dir });
    requireClasses(run, data.classes, choice.dir);
    compareData(run, cases, { dir: choice.dir, force });
    const { scheduler, seed } = ensembleOf(run, {
      ...(options.scheduler && { scheduler: options.scheduler }),
      ...(options.seed !== undefined && { seed: options.seed }),
    });
    const about = { data: choice.dir, split, images: cases.length, scheduler, seed, steps, members };
    const plan = await makeSamplingPlan(run, out, about);
    if (options.resume) requireSamePlan(out, plan);
    await startBackend();
    const model = await loadRunModel(run);
    remarkChannels(model, run, cases);
    const cells = samplingCells(plan);
    const draw = async (cell: SamplingCell, file: string): Promise<void> => {
      const sampling = ensembleOf(run, { scheduler, seed, samplingSteps: cell.steps, members: cell.members });
      const started = performance.now();
      const results = await evaluateWithProgress(run, model, cases, { workers, options: sampling, signal });
      const secondsPerImage = (performance.now() - started) / 1000 / cases.length;
      const { preparation: _, ...recorded } = sampling;
      const unit = unitOf(cases, undefined);
      const trainedOn = run.info.patients.train;
      const info = { run: run.name, data: choice.dir, split, ...recorded, unit, trainedOn, workers, secondsPerImage };
      await writeFileAtomic(file, evaluationJson(info, results, summariseResults(results, { seed })));
    };
    try {
      await withRunLock(out, async () => {
        if (!options.resume) await writeFileAtomic(join(out, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`);
        const sampled: SampledCell[] = [];
        for (const [k, cell] of cells.entries()) {
          const file = join(out, `steps-${cell.steps}_members-${cell.members}.json`);
          output.remark(`${k + 1} of ${cells.length}: ${cell.steps} steps x ${cell.members} members`);
          if (!existsSync(file)) await draw(cell, file);
          sampled.push({ ...cell, ...readScores(file) });
        }
        await reportSampling(plan, sampled, { folder: out, json });
      });
    } finally {
      model.network.dispose();
    }
  } catch (error) {
    throw error instanceof InterruptedError ? withHint(error, 'go on with the same command and --resume') : error;
  } finally {
    release();
  }
}

function readScores(file: string): Omit<SampledCell, keyof SamplingCell> {
  const text = readFileSync(file, 'utf8');
  const evaluation = parseEvaluation(text, file);
  const { secondsPerImage, workers } = JSON.parse(text) as { secondsPerImage?: unknown; workers?: unknown };
  if (typeof secondsPerImage !== 'number' || typeof workers !== 'number')
    throw new UserError(`${file}: must have secondsPerImage and workers; delete it, and --resume draws it again`);
  return { evaluation, seconds: secondsPerImage, workers };
}

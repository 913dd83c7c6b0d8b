import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LayoutName } from '@medseg/datasets';
import { type ConfigInput, finalEnsembleOf, loadRunModel, nounOf, type RunConfig, unitOf } from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import { evaluateWithProgress } from '../evaluation/with-progress.ts';
import { writeReport } from '../report/write-report.ts';
import { applySettings, readConfigFile, resolveHere } from '../run/config-file.ts';
import { guessedLayout } from '../run/guessed-layout.ts';
import { printResults } from '../tables/print-results.ts';
import { InterruptedError, onInterrupt } from '../terminal/interrupt.ts';
import { output } from '../terminal/output.ts';
import { resumeCommand } from '../terminal/shell-command.ts';
import { UserError, withHint } from '../terminal/user-error.ts';
import { finalCases } from '../training/plan-evaluation.ts';
import { type TrainedRun, trainRun } from '../training/train-run.ts';

export interface TrainCommandOptions {
  readonly out: string;
  readonly data?: string;
  readonly layout?: LayoutName;
  readonly steps?: number;
  readonly minutes?: number;
  readonly workers?: number;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly skipInvalid?: boolean;
  readonly classes?: string;
  readonly patientPattern?: string;
  readonly maskThreshold?: number;
  readonly series?: string;
  readonly resume?: boolean;
}

/** `medseg train`: trains, resumes or extends, then evaluates on patients that were not trained on and writes the report. */
export async function trainCommand(options: TrainCommandOptions): Promise<void> {
  const resume = options.resume ?? false;
  const config = resume ? await resumedConfig(options) : resolveHere(await withLayout(inputOf(options, {})));
  const { signal, release } = onInterrupt();
  try {
    const trained = await trainRun(config, options.out, { resume, signal });
    if (trained.finished) await evaluateTrained(trained, options.out, signal);
    else process.exitCode = 130;
  } catch (error) {
    if (error instanceof InterruptedError && !existsSync(join(options.out, 'run.json'))) {
      throw withHint(error, `training had not begun, nothing is in ${options.out}`);
    }
    if (error instanceof InterruptedError) throw withHint(error, `resume with: ${resumeCommand(options.out)}`);
    throw error;
  } finally {
    release();
  }
}

/** Evaluates a run on patients that it was not trained on, and writes the report. */
async function evaluateTrained(trained: TrainedRun, out: string, signal: AbortSignal): Promise<void> {
  const { run } = trained;
  const { cases, split } = finalCases(trained);
  if (cases.length === 0) {
    output.result(`trained: ${run.placeOf('model')}; no patients were left to evaluate on, so there is no report`);
    return;
  }
  const model = await loadRunModel(run);
  const sampling = finalEnsembleOf(run, nounOf(cases));
  const {
    seed,
    training: { workers },
  } = run.trained.config;
  const results = await evaluateWithProgress(run, model, cases, { workers, options: sampling, signal });
  const report = await writeReport(run, model, cases, results, { title: `Run ${out}`, split, sampling });
  model.network.dispose();
  printResults(results, { cases, split, sampling, unit: unitOf(cases, undefined), seed });
  output.result(`report: ${report}`);
}

/** The configuration of a run that is there; options may repeat it, and change only the budget. */
async function resumedConfig(options: TrainCommandOptions): Promise<RunConfig> {
  const recorded = (await openRunFolder(options.out)).trained.config;
  const asked = resolveHere(inputOf(options, recorded as unknown as ConfigInput));
  const changed = firstDifference(withoutBudget(recorded), withoutBudget(asked), '');
  if (changed !== undefined) {
    throw new UserError(
      `--resume: uses the configuration of ${options.out}; ${changed} cannot be changed, only the budget: --steps or --minutes`,
      2,
    );
  }
  return asked;
}

function withoutBudget({ training: { steps, minutes, ...training }, ...config }: RunConfig): object {
  return { ...config, training };
}

/** A configuration with the layout of its data: where none is given, the one that the names of the folder tell. */
async function withLayout(input: ConfigInput): Promise<ConfigInput> {
  const data = input.data as ConfigInput & { dir: string };
  if (data.layout !== undefined) return input;
  return { ...input, data: { ...data, layout: await guessedLayout(data.dir) } };
}

function inputOf(options: TrainCommandOptions, base: ConfigInput): ConfigInput {
  const config = options.config === undefined ? base : { ...base, ...readConfigFile(options.config) };
  const training = { ...(config.training as ConfigInput | undefined) };
  // The budget on the command line takes the place of the file's, whichever it was.
  if (options.steps !== undefined || options.minutes !== undefined) {
    delete training.steps;
    delete training.minutes;
    if (options.steps !== undefined) training.steps = options.steps;
    if (options.minutes !== undefined) training.minutes = options.minutes;
  }
  if (options.workers !== undefined) training.workers = options.workers;
  const data = {
    ...(config.data as ConfigInput | undefined),
    ...(options.data !== undefined && { dir: options.data }),
    ...(options.layout !== undefined && { layout: options.layout }),
    ...(options.classes !== undefined && { classes: options.classes }),
    ...(options.patientPattern !== undefined && { patientPattern: options.patientPattern }),
    ...(options.maskThreshold !== undefined && { maskThreshold: options.maskThreshold }),
    ...(options.series !== undefined && { series: options.series }),
    ...(options.skipInvalid && { skipInvalid: true }),
  };
  if (!('dir' in data)) throw new UserError('train: needs --data FOLDER, or data.dir in --config', 2);
  const merged = { ...config, data, training, ...(options.seed !== undefined && { seed: options.seed }) };
  return applySettings(merged, options.set ?? []);
}

/** The path of the first value in which two configurations differ. */
function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Object.is(a, b) ? undefined : path;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(
      (a as ConfigInput)[key],
      (b as ConfigInput)[key],
      path === '' ? key : `${path}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

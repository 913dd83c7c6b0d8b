import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { LayoutName } from '@medseg/datasets';
import { summariseResults } from '@medseg/metrics';
import {
  type ConfigInput,
  evaluationJson,
  finalEnsembleOf,
  isPlain,
  loadRunModel,
  type NetworkName,
  nounOf,
  RUN_FILES,
  type Run,
  type RunConfig,
  RunError,
  unitOf,
} from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import { maskNotes } from '../evaluation/mask-notes.ts';
import { evaluateWithProgress } from '../evaluation/with-progress.ts';
import type { PresetName } from '../presets.ts';
import { asSentence, writeReport } from '../report/write-report.ts';
import { applySettings, overlay, readConfigFile, readPreset, resolveHere } from '../run/config-file.ts';
import { dataFolderOf } from '../run/data-folder.ts';
import { firstDifference } from '../run/first-difference.ts';
import { assertFree } from '../run/folder.ts';
import { guessedLayout } from '../run/guessed-layout.ts';
import { isLeftOver, removeParts } from '../run/left-overs.ts';
import { withRunLock } from '../run/lock.ts';
import { savedRun } from '../run/saved-run.ts';
import { printResults } from '../tables/print-results.ts';
import { InterruptedError, onInterrupt } from '../terminal/interrupt.ts';
import { output } from '../terminal/output.ts';
import { writeOutput } from '../terminal/output-files.ts';
import { resumeCommand } from '../terminal/shell-command.ts';
import { UserError, withHint } from '../terminal/user-error.ts';
import { openInit, settingsOf } from '../training/initial-weights.ts';
import { lossNotes } from '../training/loss-notes.ts';
import { finalCases } from '../training/plan-evaluation.ts';
import { type TrainedRun, type TrainRunOptions, trainRun } from '../training/train-run.ts';

export interface TrainCommandOptions {
  readonly out: string;
  readonly data?: string;
  readonly layout?: LayoutName;
  readonly steps?: number;
  readonly minutes?: number;
  readonly workers?: number;
  readonly config?: string;
  readonly init?: string;
  readonly preset?: PresetName;
  readonly network?: NetworkName;
  readonly objective?: string;
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly skipInvalid?: boolean;
  readonly classes?: string;
  readonly patientPattern?: string;
  readonly maskThreshold?: number;
  readonly series?: string;
  readonly resume?: boolean;
  readonly tensorboard?: boolean;
}

/** `medseg train`: trains, resumes or extends, then evaluates on patients that were not trained on and writes the report. */
export async function trainCommand(options: TrainCommandOptions): Promise<void> {
  const { out } = options;
  if (!options.resume) {
    const init = options.init === undefined ? undefined : await openInit(options.init);
    const settings = init ? await settingsOf(init) : {};
    const input = inputOf(options, settings);
    if (init) requireSameNetwork(init, settings, input);
    const config = resolveHere(await withLayout(input));
    assertFree(out);
    return await withRunLock(out, () => trainAndEvaluate(config, out, { init, tensorboard: options.tensorboard }));
  }
  if (options.init !== undefined)
    throw new UserError('--resume: goes on with the run’s own weights; leave out --init', 2);
  requireBegun(out);
  await withRunLock(out, async () => {
    removeParts(out);
    const begun = await openRunFolder(out);
    await trainAndEvaluate(resumedConfig(options, begun), out, { begun, tensorboard: options.tensorboard });
  });
}

/** Throws UserError where the network that is asked for is not that whose weights it is to begin with. */
function requireSameNetwork(init: Run, settings: ConfigInput, input: ConfigInput): void {
  const [own, asked] = [settings, input].map(({ network }) => (network as ConfigInput | undefined)?.name);
  if (own === asked) return;
  throw new UserError(`--init: ${init.name} has the network ${own}, got ${asked}; leave out --network or --preset`, 2);
}

async function trainAndEvaluate(config: RunConfig, out: string, from: Omit<TrainRunOptions, 'signal'>): Promise<void> {
  const { signal, release } = onInterrupt({ saved: savedRun(out) });
  try {
    const trained = await trainRun(config, out, { ...from, signal });
    if (trained.finished) await evaluateTrained(trained, out, signal);
    else process.exitCode = 130;
  } catch (error) {
    if (error instanceof InterruptedError && !existsSync(join(out, RUN_FILES.info))) {
      throw withHint(error, `training had not begun, nothing is in ${out}`);
    }
    if (error instanceof InterruptedError) throw withHint(error, `resume with: ${resumeCommand(out)}`);
    throw error;
  } finally {
    release();
  }
}

/** Evaluates a run on patients that it was not trained on, and writes the report; with `json` also that file of its scores. */
export async function evaluateTrained(
  trained: TrainedRun,
  out: string,
  signal: AbortSignal,
  json?: string,
): Promise<void> {
  const { run } = trained;
  const { cases, split } = finalCases(trained);
  if (cases.length === 0) {
    for (const note of lossNotes(await run.readMetrics(), run.trained.config.training.learningRate))
      output.remark(`warning: ${note}`);
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
  const notes = [
    ...lossNotes(await run.readMetrics(), run.trained.config.training.learningRate),
    ...maskNotes(results, nounOf(cases)),
  ];
  const report = await writeReport(run, model, cases, results, {
    title: `Run ${basename(resolve(out))}`,
    split,
    sampling,
    notes: notes.map(asSentence),
  });
  model.network.dispose();
  printResults(results, { cases, split, sampling, unit: unitOf(cases, undefined), seed, plain: isPlain(run) });
  for (const note of notes) output.remark(`warning: ${note}`);
  if (json !== undefined) {
    const { preparation: _, ...recorded } = sampling;
    const unit = unitOf(cases, undefined);
    const info = {
      run: run.name,
      data: dataFolderOf(run)!,
      split,
      ...recorded,
      unit,
      trainedOn: run.info.patients.train,
    };
    await writeOutput(json, evaluationJson(info, results, summariseResults(results, { seed })));
  }
  output.result(`report: ${report}`);
}

/** Throws UserError where there is nothing to resume, and the file system's own error where that cannot be seen. */
function requireBegun(out: string): void {
  try {
    if (statSync(join(out, RUN_FILES.info), { throwIfNoEntry: false })) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
  const why = existsSync(out) && isLeftOver(out) ? 'was stopped before training had begun' : undefined;
  if (why !== undefined) throw new UserError(`${out}: ${why}; there is nothing to resume, train without --resume`);
  throw new RunError(`${out}: not a run of medseg: it has no ${RUN_FILES.info}`);
}

/** The configuration of a run that is there; options may repeat it, and change only the budget. */
function resumedConfig(options: TrainCommandOptions, begun: Run): RunConfig {
  for (const name of ['network', 'objective', 'preset'] as const) {
    if (options[name] === undefined) continue;
    throw new UserError(
      `--resume: uses the configuration of ${options.out}; leave out --${name}, only the budget can be changed`,
      2,
    );
  }
  const { config } = begun.trained;
  const recorded = { ...config, data: { ...config.data, dir: resolve(dataFolderOf(begun)!) } };
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
export async function withLayout(input: ConfigInput): Promise<ConfigInput> {
  const data = input.data as ConfigInput & { dir: string };
  if (data.layout !== undefined) return input;
  return { ...input, data: { ...data, layout: await guessedLayout(data.dir) } };
}

/** The configuration that options ask for, on top of another. Throws UserError where no data is named, unless `withoutData`. */
export function inputOf(
  options: Omit<TrainCommandOptions, 'out'>,
  base: ConfigInput,
  { command = 'train', withoutData = false }: { command?: string; withoutData?: boolean } = {},
): ConfigInput {
  const preset = options.preset === undefined ? base : overlay(base, readPreset(options.preset));
  const file = options.config === undefined ? preset : overlay(preset, readConfigFile(options.config));
  const config = overlay(file, {
    ...(options.network !== undefined && { network: { name: options.network } }),
    ...(options.objective !== undefined && { objective: { prediction: options.objective } }),
  });
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
  if (!('dir' in data) && !withoutData) {
    throw new UserError(`${command}: needs --data FOLDER, or data.dir in --config`, 2);
  }
  const merged = { ...config, data, training, ...(options.seed !== undefined && { seed: options.seed }) };
  return applySettings(merged, options.set ?? []);
}

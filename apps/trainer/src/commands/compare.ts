import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Case } from '@medseg/datasets';
import { FormatError } from '@medseg/image-io';
import { readBytes } from '@medseg/image-io/node';
import { type CaseScores, comparePaired, type LengthUnit, plural } from '@medseg/metrics';
import type { EnsembleOptions, Run } from '@medseg/pipeline';
import {
  alignCases,
  assertUnseen,
  commonIds,
  type Evaluation,
  ensembleOf,
  isPlain,
  loadRunModel,
  parseEvaluation,
  type SamplingChoice,
  type Spacing,
  type SplitName,
  splitOf,
  unitOf,
} from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import { splitNote } from '@medseg/report';
import { maskNotes } from '../evaluation/mask-notes.ts';
import { evaluateWithProgress } from '../evaluation/with-progress.ts';
import { compareData, remarkChannels } from '../run/compare-data.ts';
import { type DataChoice, type DataOverrides, dataChoiceOf, readData } from '../run/data.ts';
import { dataFolderOf } from '../run/data-folder.ts';
import { runFiles } from '../run/folder.ts';
import { withGuessedLayout } from '../run/guessed-layout.ts';
import { requireClasses } from '../run/run-classes.ts';
import { chooseFrom, patientsOf } from '../run/split.ts';
import { comparisonJson, comparisonLines } from '../tables/comparison-lines.ts';
import { startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs, writeOutput } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';

export interface CompareOptions extends SamplingChoice, DataOverrides {
  readonly split?: SplitName;
  readonly json?: string;
  readonly spacing?: Spacing;
  readonly force?: boolean;
  readonly workers: number;
}

/** What a run's scores are called: by its name, and by the method where it is not the mean of the ensemble. */
function labelOf(name: string, images: readonly CaseScores[], fuse: string): string {
  if (images[0]?.method === 'anchor') return `${name} (anchor head alone)`;
  return fuse === 'mean' ? name : `${name} (fused by ${fuse})`;
}

/** Masks that a run offers several annotators; nothing where a case has one. */
function samplesOf({ annotators }: CaseScores): number[] {
  const scores = annotators?.ensemble ?? annotators?.anchor;
  return scores ? [scores.samples] : [];
}

/** A run to compare: its scores are there, or it is yet to be evaluated on `cases`. */
interface Entrant {
  readonly name: string;
  readonly trainedOn: readonly string[];
  readonly tested: readonly string[];
  readonly ids: readonly string[];
  readonly unit: LengthUnit;
  /** Which of its patients are scored. */
  readonly split: string;
  /** How its members became masks. */
  readonly fuse: string;
  /** How its masks were drawn; undefined where nothing was sampled. */
  readonly drawn: string | undefined;
  scores(ids: ReadonlySet<string>): Promise<readonly CaseScores[]>;
}

/** `medseg compare`: each run against the first on the same images, pair by pair. */
export async function compareRuns(names: readonly string[], options: CompareOptions): Promise<void> {
  if (names.length < 2) throw new UserError(`compare: needs two runs or more, got ${names.length}`, 2);
  const entrants = await openEntrants(names, options);
  assertUnseen(entrants);
  const other = entrants.find(({ unit }) => unit !== entrants[0]!.unit);
  if (other) {
    throw new UserError(
      `${entrants[0]!.name} and ${other.name}: distances must have one unit, got ${entrants[0]!.unit} and ${other.unit}; evaluate both with --spacing or both without`,
    );
  }
  const common = commonIds(entrants);
  const scored: { name: string; images: readonly CaseScores[] }[] = [];
  for (const { name, scores } of entrants) {
    const images = await scores(common);
    scored.push({ name, images });
    for (const note of maskNotes(images, 'images')) output.remark(`warning: ${name}: ${note}`);
  }
  const images = alignCases(scored);
  const left = new Set(entrants.flatMap(({ ids }) => ids)).size - common.size;
  if (left > 0) output.remark(`note: ${plural(left, 'images')} that not every run is tested on left out`);
  const labels = entrants.map(({ name, fuse }, k) => labelOf(name, images[k]!, fuse));
  const comparisons = images.slice(1).map((others, k) => ({
    name: labels[k + 1]!,
    metrics: comparePaired(images[0]!, others, { seed: options.seed ?? 0 }),
  }));
  const drawn = entrants.map((entrant) => entrant.drawn);
  if (new Set(drawn.filter((text) => text !== undefined)).size > 1) {
    const each = labels.map((label, k) => `${label} ${drawn[k] ?? 'nothing sampled'}`);
    output.remark(`note: the runs were sampled differently: ${each.join(', ')}`);
  }
  const { unit } = entrants[0]!;
  const patients = patientsOf(images[0]!).length;
  const splits = [...new Set(entrants.map(({ split }) => split))];
  output.result(
    `${plural(common.size, 'images')} of ${plural(patients, 'patients')}, split ${splits.join(' and ')}; means per image, intervals by patient`,
  );
  for (const note of splits.map(splitNote).filter((text) => text !== '')) output.result(note);
  for (const { name, metrics } of comparisons) {
    output.result();
    output.result(comparisonLines(metrics, { first: labels[0]!, other: name, unit, width: output.width() }));
  }
  output.result();
  output.result(
    'p: Wilcoxon signed-rank test on the means of the patients, two-sided, not corrected for the number of tests',
  );
  if (comparisons.some(({ metrics }) => metrics.some(({ leftOut }) => leftOut.first + leftOut.other > 0))) {
    output.result(
      'left out: a value is undefined where the masks that it needs are empty, so a run that misses more is measured on fewer pairs; see Dice',
    );
  }
  const samples = images.map((list) => [...new Set(list.flatMap(samplesOf))].join(' and '));
  if (new Set(samples.filter((text) => text !== '')).size > 1) {
    const each = labels.map((label, k) => `${label} ${samples[k] || 'none'}`);
    output.result(`GED and Hungarian IoU depend on the number of masks of a case, which differs: ${each.join(', ')}`);
  }
  if (options.json !== undefined) {
    const text = comparisonJson(comparisons, { first: labels[0]!, unit, images: common.size, patients });
    await writeOutput(options.json, text);
    output.remark(`wrote ${options.json}`);
  }
}

async function openEntrants(names: readonly string[], options: CompareOptions): Promise<Entrant[]> {
  const opened = await Promise.all(
    names.map(async (name) =>
      name.endsWith('.json') && !isFolder(name)
        ? { name, file: await readEvaluation(name) }
        : { name, run: await openRunFolder(name) },
    ),
  );
  const runs = opened.flatMap(({ run }) => run ?? []);
  if (runs.length === 0) requireNoSampling(options);
  const data = runs.length > 0 ? await dataOf(runs, options) : undefined;
  if (options.json !== undefined) {
    const files = opened.flatMap(({ name, run }) => (run ? runFiles(run) : [name]));
    const inputs = [...files, ...(data ? [data.dir] : [])];
    checkOutputs([{ option: '--json', path: options.json }], { inputs, force: options.force });
  }
  const usable = data && (await readData(data));
  const split = options.split ?? sharedSplit(opened);
  const said = new Set<string>();
  const entrants: Entrant[] = [];
  for (const { name, file, run } of opened) {
    if (file) {
      entrants.push(fromFile(name, file));
      continue;
    }
    const part = splitOf(run, run.info.kind === 'imported' ? options.split : split);
    const chosen = await chooseFrom(usable!, run, { split: part, dir: data!.dir, said });
    requireClasses(run, usable!.classes, data!.dir);
    compareData(run, chosen, { dir: data!.dir, force: options.force });
    const ensemble = ensembleFor(run, options);
    entrants.push({
      name,
      trainedOn: run.info.patients.train,
      tested: patientsOf(chosen),
      ids: chosen.map(({ id }) => id),
      unit: unitOf(chosen, options.spacing),
      split: part,
      fuse: options.fuse ?? 'mean',
      drawn: ensemble.method === 'anchor' ? undefined : drawnAs(ensemble.steps, ensemble.members),
      scores: (ids) =>
        scoreRun(
          run,
          chosen.filter(({ id }) => ids.has(id)),
          options,
        ),
    });
  }
  return entrants;
}

function fromFile(name: string, file: Evaluation): Entrant {
  return {
    name,
    trainedOn: file.trainedOn,
    tested: patientsOf(file.images),
    ids: file.images.map(({ id }) => id),
    unit: file.unit,
    split: file.split,
    fuse: file.fuse ?? 'mean',
    drawn: file.method === 'anchor' || file.steps === undefined ? undefined : drawnAs(file.steps, file.members ?? 1),
    scores: async (ids) => file.images.filter(({ id }) => ids.has(id)),
  };
}

/**
 * The split that is scored where none is asked for: that of the files, else the test patients where every run has some, else
 * those of validation.
 */
function sharedSplit(opened: readonly { file?: Evaluation; run?: Run }[]): SplitName {
  const file = opened.find((each) => each.file)?.file;
  if (file?.split === 'validation' || file?.split === 'test' || file?.split === 'all') return file.split;
  const trained = opened.flatMap(({ run }) => (run?.info.kind === 'trained' ? run : []));
  return trained.every(({ info }) => info.patients.test.length > 0) ? 'test' : 'validation';
}

async function scoreRun(run: Run, cases: readonly Case[], options: CompareOptions): Promise<CaseScores[]> {
  await startBackend();
  const model = await loadRunModel(run);
  remarkChannels(model, run, cases);
  try {
    return await evaluateWithProgress(run, model, cases, {
      workers: options.workers,
      options: { ...ensembleFor(run, options), ...(options.spacing && { spacing: options.spacing }) },
    });
  } finally {
    model.network.dispose();
  }
}

/** Throws UserError for options that say how runs are scored, where only files of scores are compared. */
function requireNoSampling(options: CompareOptions): void {
  const names = [
    'scheduler',
    'samplingSteps',
    'members',
    'eta',
    'limit',
    'variance',
    'timestepSpacing',
    'guidance',
  ] as const;
  for (const name of [...names, 'fast', 'fuse', 'split', 'spacing', 'data'] as const) {
    if (options[name] === undefined) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(`compare: --${flag} says how runs are scored; files of evaluate --json are scored already`, 2);
  }
}

/** The ensemble that the options ask for; a plain U-Net has nothing to sample, and is the baseline of those that do. */
function ensembleFor(run: Run, options: CompareOptions): EnsembleOptions {
  return ensembleOf(run, isPlain(run) ? {} : options);
}

function drawnAs(steps: number, members: number): string {
  return `${plural(steps, 'steps')} x ${plural(members, 'members')}`;
}

/** The data that all runs are evaluated on: as the options say, else the one that all were trained on. */
async function dataOf(runs: readonly Run[], options: CompareOptions): Promise<DataChoice> {
  const trained = runs.flatMap((run) => {
    const dir = dataFolderOf(run);
    return dir === undefined ? [] : { path: run.name, dir };
  });
  const stranger = trained.find((run) => resolve(run.dir) !== resolve(trained[0]!.dir));
  if (options.data === undefined && stranger) {
    throw new UserError(
      `compare: ${trained[0]!.path} was trained on ${trained[0]!.dir} and ${stranger.path} on ${stranger.dir}; say with --data which to compare on`,
      2,
    );
  }
  const owner = runs.find(({ info }) => info.kind === 'trained') ?? runs[0]!;
  return dataChoiceOf(owner, await withGuessedLayout(owner, options));
}

/** Reads a file of `evaluate --json`. Throws UserError where it cannot be read, RunError where it is something else. */
async function readEvaluation(file: string): Promise<Evaluation> {
  let text: string;
  try {
    text = new TextDecoder().decode(await readBytes(file, { maxBytes: 2 ** 28 }));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return parseEvaluation(text, file);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

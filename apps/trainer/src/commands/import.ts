import { basename } from 'node:path';
import { mostClasses } from '@medseg/datasets';
import type { Network, PredictionType } from '@medseg/diffusion';
import { readBytes } from '@medseg/image-io/node';
import { plural } from '@medseg/metrics';
import type { Preparation, RunConfig } from '@medseg/pipeline';
import {
  asRunError,
  createSchedule,
  createScheduler,
  type Intensities,
  type ProcessInfo,
  REFERENCES,
  type Reference,
  type ReferenceName,
  RUN_FORMAT,
  type RunInfo,
  recogniseSchedule,
  type ScheduleName,
  type Unseen,
} from '@medseg/pipeline';
import { encodeVariables } from '@medseg/training';
import {
  decodeSafetensors,
  decodeTorch,
  FormatError,
  type ImportReport,
  importWeights,
  type NamedArray,
  type SkippedObject,
} from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { assertFree, createRunFolder } from '../run/folder.ts';
import { withRunLock } from '../run/lock.ts';
import { describeMachine, startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { UserError } from '../terminal/user-error.ts';

export interface ImportOptions extends Unseen {
  readonly from: string;
  readonly as: ReferenceName;
  readonly out: string;
  readonly schedule?: ScheduleName;
  readonly timesteps?: number;
  readonly prediction?: PredictionType;
  readonly normalization?: Intensities;
  readonly scheduler?: RunConfig['sampling']['scheduler'];
  readonly eta?: number;
  readonly limit?: RunConfig['sampling']['limit'];
  readonly variance?: RunConfig['sampling']['variance'];
  readonly timestepSpacing?: RunConfig['sampling']['timestepSpacing'];
  readonly samplingSteps?: number;
  readonly members?: number;
}

/** Sampling steps of an imported run: a network that predicts noise wants more than ours. */
const SAMPLING_STEPS = 50;

/** `medseg import`: makes a run folder of a checkpoint of one of the reference networks. */
export async function importRun({ from, as, out, ...options }: ImportOptions): Promise<void> {
  assertFree(out);
  const reference: Reference = REFERENCES[as];
  const { tensors, skipped } = decodeCheckpoint(await readBytes(from), from);
  await startBackend();
  const { process, network, inferred } = inFile(from, () => {
    const inferred = reference.infer(tensors, options);
    const process = processOf(tensors, reference, options);
    return { inferred, process, network: reference.build(inferred, process) };
  });
  try {
    if (network.maskChannels > mostClasses)
      throw new UserError(`${from}: a network must have 1 to ${mostClasses} classes, it has ${network.maskChannels}`);
    const report = inFile(from, () => takeWeights(network, reference, tensors));
    const missing = report.missing.filter((name) => !reference.ownWeights.includes(name));
    if (missing.length > 0) {
      throw new UserError(`${from}: must hold every weight of ${as}, it lacks ${some(missing)}`);
    }
    const sampling: RunConfig['sampling'] = {
      scheduler: options.scheduler ?? 'ddim',
      steps: options.samplingSteps ?? Math.min(SAMPLING_STEPS, process.timesteps),
      members: options.members ?? 5,
      eta: options.eta ?? 0,
      limit: options.limit ?? 'clip',
      guidance: 1,
      timestepSpacing: options.timestepSpacing ?? 'trailing',
      ...(options.variance !== undefined && { variance: options.variance }),
    };
    const { scheduler, eta, limit, variance, timestepSpacing } = sampling;
    const { learnedVariance } = network;
    asRunError(() => createScheduler(scheduler, process, { eta, limit, variance, timestepSpacing, learnedVariance }));
    const intensities = options.normalization ?? reference.intensities;
    const info: RunInfo = {
      format: RUN_FORMAT,
      kind: 'imported',
      source: { file: basename(from), reference: as },
      options: inferred,
      process,
      preparation: preparationOf(network, intensities),
      classes: { names: classNames(network.maskChannels), exclusive: false },
      sampling,
      seed: 0,
      patients: { train: [], validation: [], test: [] },
      machine: describeMachine(),
    };
    const model = encodeVariables(network.variables());
    await withRunLock(out, () => createRunFolder(out, info, { model }));
    output.result(
      `${reference.title}: ${network.imageSize.join('x')}, ${plural(network.imageChannels, 'channels')}, ${describeProcess(process)}`,
    );
    output.result(`  options  ${JSON.stringify(inferred)}`);
    printReport(report, reference, skipped);
    output.result(
      `wrote ${out}: ${sampling.scheduler} in ${plural(sampling.steps, 'steps')}, ${plural(sampling.members, 'members')}, normalization ${intensities}; use it with segment and evaluate`,
    );
  } finally {
    network.dispose();
  }
}

interface Checkpoint {
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly skipped: readonly SkippedObject[];
}

/** Reads safetensors or what PyTorch saved, told apart by their first bytes. Throws FormatError where no tensor is found. */
function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const isTorch = bytes[0] === 0x80 || (bytes[0] === 0x50 && bytes[1] === 0x4b);
  const checkpoint = isTorch ? decodeTorch(bytes, file) : { ...decodeSafetensors(bytes, file), skipped: [] };
  if (checkpoint.tensors.size > 0) return checkpoint;
  const { skipped } = checkpoint;
  throw new FormatError(
    skipped.length === 0 ? 'holds no tensors' : `holds no tensors, only what is not read: ${some(namesOf(skipped))}`,
    file,
  );
}

function namesOf(skipped: readonly SkippedObject[]): string[] {
  return skipped.map(({ path, what }) => (path === '' ? what : `${path} (${what})`));
}

/** What the options say, else the betas in the checkpoint, else the reference's own training program. */
function processOf(
  tensors: ReadonlyMap<string, NamedArray>,
  { process }: Reference,
  { schedule, timesteps, prediction }: Pick<ImportOptions, 'schedule' | 'timesteps' | 'prediction'>,
): ProcessInfo {
  const betas = [...tensors].find(([name, { shape }]) => /(^|\.)betas$/.test(name) && shape.length === 1)?.[1];
  let found: Partial<ProcessInfo> = {};
  if (betas !== undefined && (schedule === undefined || timesteps === undefined)) {
    const name = schedule ?? recogniseSchedule(Float64Array.from(betas.data as ArrayLike<number>, Number));
    if (name === undefined) {
      throw new RangeError(
        `its ${betas.data.length} betas are of no schedule that is known; say which with --schedule`,
      );
    }
    found = { schedule: name, timesteps: betas.data.length };
  }
  const chosen = {
    ...process,
    ...found,
    ...(schedule && { schedule }),
    ...(timesteps && { timesteps }),
    ...(prediction && { prediction }),
  };
  createSchedule(chosen); // refuses what cannot be
  return chosen;
}

/** Puts the weights of a checkpoint into a network. Throws RangeError where a shape does not fit. */
function takeWeights(network: Network, { names }: Reference, tensors: ReadonlyMap<string, NamedArray>): ImportReport {
  const variables = network.variables();
  const shapes = new Map([...variables].map(([name, { shape }]) => [name, shape]));
  const { weights, report } = importWeights(tensors, shapes, names);
  for (const [name, { data }] of weights) {
    const variable = variables.get(name)!;
    const values = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  return report;
}

function preparationOf(network: Network, intensities: Intensities): Preparation {
  const imageSize = network.imageSize as [height: number, width: number];
  if (intensities === 'signed') return { imageSize, normalization: { mode: 'photo' }, signed: true };
  return { imageSize, normalization: { mode: intensities } };
}

function inFile<T>(file: string, work: () => T): T {
  return asRunError(() => {
    try {
      return work();
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`${file}: ${error.message}`) : error;
    }
  });
}

function printReport(
  { prefix, used, missing, leftOver }: ImportReport,
  { ownWeights }: Reference,
  skipped: readonly SkippedObject[],
): void {
  output.result(`  used     ${plural(used.length, 'tensors')}${prefix === '' ? '' : `, all under ${prefix}`}`);
  const why = missing.length > 0 && missing.every((name) => ownWeights.includes(name));
  output.result(
    `  missing  ${missing.length === 0 ? 'none' : some(missing)}${why ? ' (in no checkpoint of this network; drawn by seed)' : ''}`,
  );
  output.result(`  left     ${leftOver.length === 0 ? 'none' : some(leftOver)}`);
  if (skipped.length > 0) output.result(`  not read ${some(namesOf(skipped))}`);
}

/** The first names of a list, without control characters, and how many more there are. */
function some(names: readonly string[]): string {
  const shown = names
    .slice(0, 6)
    .join(', ')
    .replaceAll(/\p{Cc}/gu, '?');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}

function describeProcess({ prediction, schedule, timesteps }: ProcessInfo): string {
  const what = { epsilon: 'noise', sample: 'x_0', v_prediction: 'v', flow: 'the velocity of a straight path' }[
    prediction
  ];
  return `predicts ${what}, ${schedule} schedule of ${plural(timesteps, 'steps')}`;
}

function classNames(count: number): string[] {
  return count === 1 ? ['foreground'] : Array.from({ length: count }, (_, i) => `class ${i + 1}`);
}

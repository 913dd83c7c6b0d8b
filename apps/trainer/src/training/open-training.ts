import type { SampleSource, Split } from '@medseg/datasets';
import type { Network } from '@medseg/diffusion';
import {
  buildNetwork,
  type Classes,
  encodeRecords,
  type Preparation,
  RUN_FORMAT,
  type Run,
  type RunConfig,
  RunError,
  recipeOf,
  recordsOf,
  trainingDataOf,
} from '@medseg/pipeline';
import { encodeCheckpoint, restoreCheckpoint, Trainer } from '@medseg/training';
import { FormatError } from '@medseg/weights';
import { recordedConfig } from '../run/data-folder.ts';
import { createRunFolder } from '../run/folder.ts';
import { patientsOf } from '../run/split.ts';
import { describeMachine } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { extendRun } from './extend-run.ts';
import { type InitialWeights, takeInitialWeights } from './initial-weights.ts';
import { recordMachine } from './record-machine.ts';

/** What is trained, and on what. */
export interface Training {
  readonly config: RunConfig;
  readonly out: string;
  /** The run that is resumed; absent for a new one. */
  readonly begun?: Run | undefined;
  /** The run whose weights a new one begins with. */
  readonly init?: Run | undefined;
  readonly split: Split;
  readonly source: SampleSource;
  readonly preparation: Preparation;
  readonly classes: Classes;
  /** Whether its steps are written for TensorBoard, too. */
  readonly tensorboard: boolean;
}

/** A network ready to be trained, and the run that keeps it. */
export interface OpenTraining {
  readonly run: Run;
  readonly network: Network;
  readonly trainer: Trainer;
  readonly imageChannels: number;
}

/** Builds the network and its run: a new one in its folder, or one that is there, from its last checkpoint. */
export async function openTraining(training: Training): Promise<OpenTraining> {
  const { config, begun, init, source, classes } = training;
  const { channels: imageChannels } = await source.sample(0);
  const network = buildNetwork(config, { imageChannels, classes });
  const initial = init && !begun ? await takeInitialWeights(network, init) : undefined;
  const trainer = new Trainer(recipeOf(network, { config, classes }), { seed: config.seed });
  const run = begun
    ? await resumeRun(begun, trainer, training)
    : await createRun(trainer, { imageChannels, initial }, training);
  return { run, network, trainer, imageChannels };
}

async function resumeRun(
  begun: Run,
  trainer: Trainer,
  { config, out }: Pick<Training, 'config' | 'out'>,
): Promise<Run> {
  await begun.readMetrics(); // what cannot be read ends the resumption before anything is changed
  await restoreTraining(begun, trainer);
  const extended = await extendRun(begun, trainer.progress, recordedConfig(config, out));
  const run = await recordMachine(extended, trainer.progress.step);
  await run.truncateMetrics(trainer.progress.step);
  output.remark(`resuming after step ${trainer.progress.step}`);
  return run;
}

/**
 * Puts the last checkpoint of a run into a trainer; where that is broken or gone, the one before it, which becomes the last,
 * with a remark. Throws what is wrong with the last one where neither can be read.
 */
async function restoreTraining(run: Run, trainer: Trainer): Promise<void> {
  try {
    restoreCheckpoint(trainer, await run.readCheckpoint(), run.placeOf('checkpoint'));
    return;
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof RunError)) throw error;
    const previous = await run.readPreviousCheckpoint();
    if (previous === undefined) throw error;
    try {
      restoreCheckpoint(trainer, previous, run.placeOf('previousCheckpoint'));
    } catch {
      throw error;
    }
    await run.revertCheckpoint();
    output.remark(`note: ${error.message}; training goes on from the checkpoint before it`);
  }
}

async function createRun(
  trainer: Trainer,
  made: { readonly imageChannels: number; readonly initial: InitialWeights | undefined },
  { config, out, split, preparation, classes }: Training,
): Promise<Run> {
  const trainingData = trainingDataOf(split.train);
  const records = recordsOf([...split.train, ...split.validation, ...split.test]);
  const info = {
    format: RUN_FORMAT,
    kind: 'trained',
    config: recordedConfig(config, out),
    imageChannels: made.imageChannels,
    classes,
    preparation,
    ...(made.initial && { initial: made.initial }),
    ...(trainingData && { trainingData }),
    ...(records && { caseCount: records.length }),
    patients: {
      train: patientsOf(split.train),
      validation: patientsOf(split.validation),
      test: patientsOf(split.test),
    },
    machine: describeMachine(),
  } as const;
  return createRunFolder(out, info, {
    ...(records && { cases: encodeRecords(records) }),
    checkpoint: encodeCheckpoint(trainer),
  });
}

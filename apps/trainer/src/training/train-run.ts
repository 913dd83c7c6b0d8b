import { outOfMemory } from '@medseg/backend-native';
import { type Case, createBatcher, type SampleSource, type Split } from '@medseg/datasets';
import { type CaseSourceOptions, openCases } from '@medseg/datasets/node';
import { plural } from '@medseg/metrics';
import type { MetricsLine, Preparation, Run, RunConfig } from '@medseg/pipeline';
import {
  ANCHORED_PROCESS,
  activationOf,
  asRunError,
  buildNetwork,
  type Classes,
  createSchedule,
  nounOf,
  RUN_FORMAT,
  trainingDataOf,
  validate,
} from '@medseg/pipeline';
import { encodeCheckpoint, encodeModel, restoreCheckpoint, type TrainEvent, Trainer, train } from '@medseg/training';
import { configuredData, readData } from '../run/data.ts';
import { assertFree, createRunFolder, openRunFolder } from '../run/folder.ts';
import { patientsOf, splitCases } from '../run/split.ts';
import { describeMachine, startBackend } from '../terminal/backend.ts';
import { oneLine, output } from '../terminal/output.ts';
import { createProgress, timeLeft } from '../terminal/progress.ts';
import { resumeCommand } from '../terminal/shell-command.ts';
import { withHint } from '../terminal/user-error.ts';
import { startReplicas } from '../workers/replicas.ts';
import { budgetOf, extendRun } from './extend-run.ts';
import { planEvaluation } from './plan-evaluation.ts';

export interface TrainedRun {
  readonly run: Run;
  readonly finished: boolean;
  /** The cases whose Dice chose the weights, and those that took no part in training. */
  readonly validation: Case[];
  readonly test: Case[];
}

export interface TrainRunOptions {
  readonly resume: boolean;
  /** Stops: before the first step by throwing its reason, later after the present step, saved and not finished. */
  readonly signal: AbortSignal;
}

/** Trains a new run in `out`, or resumes the one that is there; a configuration with a larger budget extends it. */
export async function trainRun(
  config: RunConfig,
  out: string,
  { resume, signal }: TrainRunOptions,
): Promise<TrainedRun> {
  if (!resume) assertFree(out);
  const data = await readData(configuredData(config.data), signal);
  const { split, remarks } = await splitCases(data, config, resume ? await openRunFolder(out) : undefined);
  for (const line of remarks) output.remark(line);
  const preparation = {
    imageSize: config.data.imageSize,
    normalization: config.data.normalization ?? data.normalization,
    ...(config.data.view && { view: config.data.view }),
  } as Preparation;
  const { seed } = config;
  const { emptyShare, annotators, loaderThreads: workers } = config.data;
  const source = openSamples(split.train, {
    ...preparation,
    emptyShare,
    annotators,
    seed,
    workers,
    onDeath: (thread, reason) =>
      output.remark(
        `loader thread ${thread} of ${workers} died (${oneLine(reason)}); the main thread reads in its place`,
      ),
    onStuck: (thread, reason) => output.remark(`loader thread ${thread} of ${workers}: ${reason}`),
  });
  try {
    return await trainOn(source, { config, out, resume, signal, split, preparation, classes: data.classes });
  } finally {
    await source.close?.();
  }
}

interface Training extends TrainRunOptions {
  readonly config: RunConfig;
  readonly out: string;
  readonly split: Split;
  readonly preparation: Preparation;
  readonly classes: Classes;
}

async function trainOn(
  source: SampleSource,
  { config, out, resume, signal, split, preparation, classes }: Training,
): Promise<TrainedRun> {
  const { channels } = await source.sample(0);
  await startBackend();
  signal.throwIfAborted();
  const network = buildNetwork(config, { imageChannels: channels, classes });
  const trainer = new Trainer(network, {
    schedule: createSchedule(ANCHORED_PROCESS),
    seed: config.seed,
    learningRate: config.training.learningRate,
    weightDecay: config.training.weightDecay,
    clipNorm: config.training.clipNorm,
    recycling: config.training.recycling,
    activation: activationOf(classes),
  });
  let run: Run;
  if (resume) {
    run = await openRunFolder(out);
    restoreCheckpoint(trainer, await run.readCheckpoint(), run.placeOf('checkpoint'));
    run = await extendRun(run, trainer.progress, config);
    await run.truncateMetrics(trainer.progress.step);
    output.remark(`resuming after step ${trainer.progress.step}`);
  } else {
    const trainingData = trainingDataOf(split.train);
    const info = {
      format: RUN_FORMAT,
      kind: 'trained',
      config,
      imageChannels: channels,
      classes,
      preparation,
      ...(trainingData && { trainingData }),
      patients: {
        train: patientsOf(split.train),
        validation: patientsOf(split.validation),
        test: patientsOf(split.test),
      },
      machine: describeMachine(),
    } as const;
    run = await createRunFolder(out, info, { checkpoint: encodeCheckpoint(trainer) });
  }
  output.remark(
    `${plural(split.train.length, nounOf(split.train))} of ${plural(patientsOf(split.train).length, 'patients')} to train on${source.length === split.train.length ? '' : ` (${plural(source.length, 'samples')})`}, ${split.validation.length} for validation, ${split.test.length} for test; ${describeMachine().backend}`,
  );

  const batcher = createBatcher(source, {
    batchSize: config.training.batchSize,
    seed: config.seed,
    augment: config.augmentation,
    prefetch: config.data.loaderThreads > 0 ? 2 : 0,
  });
  const validationSource = openSamples(split.validation, preparation);
  const evaluation = planEvaluation(run, split, (cases) => openSamples(cases, preparation).length);
  if (evaluation !== undefined) output.remark(evaluation.announcement);
  const replicas = await startReplicas(network, { config, imageChannels: channels, classes });
  const progress = createProgress('training');
  let saved = performance.now();
  const save = async (): Promise<void> => {
    await run.writeCheckpoint(encodeCheckpoint(trainer));
    saved = performance.now();
  };
  try {
    const events = train(trainer, {
      budget: budgetOf(config),
      batchAt: (step) => batcher.batchAt(step),
      ...(split.validation.length > 0 && {
        validate: async (phase) => {
          const started = performance.now();
          const limit = config.training.validationCases;
          const { scheduler, steps } = config.sampling;
          const options = { activation: activationOf(classes), phase, scheduler, steps, seed: config.seed, limit };
          const dice = await validate(network, validationSource, options);
          const samples = Math.min(limit, validationSource.length);
          evaluation?.note(phase, (performance.now() - started) / 1000 / samples);
          return dice;
        },
      }),
      validations: config.training.validations,
      encoderShare: config.training.encoderShare,
      patience: config.training.patience,
      ...(replicas && { replicas }),
      signal,
    });
    let dice = '';
    for await (const event of events) {
      await run.log(toMetricsLine(event));
      if (event.validation) {
        dice = `validation Dice ${event.validation.dice.toFixed(3)}`;
        if (event.validation.improved) await run.writeModel(encodeModel(trainer));
      }
      progress.update(event.progress, progressNotes(event, dice, evaluation?.estimate()));
      if (performance.now() - saved > config.training.checkpointSeconds * 1000) await save();
    }
    await save();
    await run.writeModel(encodeModel(trainer));
  } catch (error) {
    if (outOfMemory(error) !== undefined) throw withHint(error, smallerBatch(config));
    throw withHint(error, `the last checkpoint is whole; resume from it with: ${resumeCommand(out)}`);
  } finally {
    progress.stop();
    await replicas?.dispose();
  }
  const { finished, step } = trainer.progress;
  if (!finished) {
    output.result(`stopped after step ${step}; resume with: ${resumeCommand(out)}`);
  }
  trainer.dispose();
  network.dispose();
  return { run, finished, validation: split.validation, test: split.test };
}

/** How a run needs less memory. */
function smallerBatch({ training: { batchSize }, data: { imageSize } }: RunConfig): string {
  const size = `smaller images, --set data.imageSize=[${imageSize.map((side) => Math.ceil(side / 2))}]`;
  if (batchSize === 1) return `a new run needs less with ${size}`;
  return `a new run needs less with a smaller batch, --set training.batchSize=${Math.floor(batchSize / 2)} (it is ${batchSize}), or ${size}`;
}

/** The samples of cases. Throws UserError for a view that cannot be cut. */
function openSamples(cases: Case[], options: CaseSourceOptions): SampleSource {
  return asRunError(() => openCases(cases, options));
}

function toMetricsLine({
  step,
  phase,
  loss,
  gradientNorm,
  learningRate,
  elapsed,
  validation,
}: TrainEvent): MetricsLine {
  return {
    step,
    phase,
    loss,
    gradientNorm,
    learningRate,
    seconds: Math.round(elapsed / 10) / 100,
    ...(validation && { validationDice: validation.dice }),
  };
}

/** What the display says, the most important first. */
function progressNotes(event: TrainEvent, dice: string, evaluation: string | undefined): string[] {
  const { step, phase, loss, progress, elapsed } = event;
  const left = timeLeft(elapsed / 1000, progress);
  const notes = [evaluation === undefined ? left : `${left} + ${evaluation} to evaluate`, dice];
  return [...notes, `step ${step}`, phase, `loss ${loss.toFixed(4)}`].filter((note) => note !== '');
}

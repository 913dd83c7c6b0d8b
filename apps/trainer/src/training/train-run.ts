import type { Case } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import { nounOf, type Preparation, type Run, type RunConfig } from '@medseg/pipeline';
import { requireSameData } from '../run/changed-data.ts';
import { configuredData, readData, type UsableData } from '../run/data.ts';
import { patientsOf, splitCases } from '../run/split.ts';
import { hasEventFile } from '../tensorboard/event-file.ts';
import { describeMachine, startBackend } from '../terminal/backend.ts';
import { oneLine, output } from '../terminal/output.ts';
import { checkTrainingMemory } from './check-training-memory.ts';
import { openSamples } from './open-samples.ts';
import { openTraining, type Training } from './open-training.ts';
import { runTrainingLoop } from './training-loop.ts';

export interface TrainedRun {
  readonly run: Run;
  readonly finished: boolean;
  /** The cases whose Dice chose the weights, and those that took no part in training. */
  readonly validation: Case[];
  readonly test: Case[];
}

export interface TrainRunOptions {
  /** The run in `out` that is resumed; absent for a new one. */
  readonly begun?: Run | undefined;
  /** The run whose weights a new one begins with. */
  readonly init?: Run | undefined;
  /** Stops: before the first step by throwing its reason, later after the present step, saved and not finished. */
  readonly signal: AbortSignal;
  /** Whether to write event files for TensorBoard. Default: where the run has some. */
  readonly tensorboard?: boolean | undefined;
  /** What the folder of the data holds, where that was read already. */
  readonly data?: UsableData | undefined;
}

/**
 * Trains a new run in `out`, or resumes the one that is there; a configuration with a larger budget extends it. The process
 * holds the lock of `out`.
 */
export async function trainRun(
  config: RunConfig,
  out: string,
  { begun, init, signal, tensorboard = hasEventFile(out), data: read }: TrainRunOptions,
): Promise<TrainedRun> {
  const data = read ?? (await readData(configuredData(config.data), signal));
  if (begun) await requireSameData(begun, data, config.data.dir);
  const { split, remarks } = await splitCases(data, config, begun);
  for (const line of remarks) output.remark(line);
  const preparation = begun?.trained.preparation ?? preparationOf(config, data);
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
    return await trainOn(
      { config, out, begun, init, split, source, preparation, classes: data.classes, tensorboard },
      signal,
    );
  } finally {
    await source.close?.();
  }
}

/** How files become the input of a new run's network. */
function preparationOf({ data: { imageSize, normalization, view } }: RunConfig, data: UsableData): Preparation {
  return { imageSize, normalization: normalization ?? data.normalization, ...(view && { view }) } as Preparation;
}

async function trainOn(training: Training, signal: AbortSignal): Promise<TrainedRun> {
  await startBackend();
  signal.throwIfAborted();
  const { config, split, classes } = training;
  // Channels that nobody knows yet weigh little.
  checkTrainingMemory(config, { imageChannels: split.train[0]?.facts?.channels ?? 3, classes });
  const open = await openTraining(training);
  sayWhatIsTrained(training);
  const finished = await runTrainingLoop(open, training, signal);
  open.trainer.dispose();
  open.network.dispose();
  const { validation, test } = training.split;
  return { run: open.run, finished, validation, test };
}

function sayWhatIsTrained({ split: { train, validation, test }, source }: Training): void {
  const samples = source.length === train.length ? '' : ` (${plural(source.length, 'samples')})`;
  output.remark(
    `${plural(train.length, nounOf(train))} of ${plural(patientsOf(train).length, 'patients')} to train on${samples}, ${validation.length} for validation, ${test.length} for test; ${describeMachine().backend}`,
  );
}

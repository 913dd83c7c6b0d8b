import { createBatcher } from '@medseg/datasets';
import { activationOf, ensembleOf, processOf, validate, validationLoss } from '@medseg/pipeline';
import { encodeCheckpoint, encodeModel, NonFiniteError, train } from '@medseg/training';
import { openEventFile } from '../tensorboard/event-file.ts';
import { outOfMemory } from '../terminal/out-of-memory.ts';
import { output } from '../terminal/output.ts';
import { createProgress, formatDuration } from '../terminal/progress.ts';
import { resumeCommand } from '../terminal/shell-command.ts';
import { withHint } from '../terminal/user-error.ts';
import { startReplicas } from '../workers/replicas.ts';
import { afterOutOfMemory } from './check-training-memory.ts';
import { budgetOf } from './extend-run.ts';
import { openSamples } from './open-samples.ts';
import type { OpenTraining, Training } from './open-training.ts';
import { planEvaluation } from './plan-evaluation.ts';
import { progressNotes, toMetricsLine } from './training-notes.ts';
import { workingClock } from './working-clock.ts';

/**
 * Trains until the budget is used or the signal is aborted, under a progress display; saves from time to time and at the
 * end. Returns whether the budget is used.
 */
export async function runTrainingLoop(
  { run, network, trainer, imageChannels }: OpenTraining,
  { config, out, split, source, preparation, classes, tensorboard }: Training,
  signal: AbortSignal,
): Promise<boolean> {
  const batcher = createBatcher(source, {
    batchSize: config.training.batchSize,
    seed: config.seed,
    augment: config.augmentation,
    prefetch: config.data.loaderThreads > 0 ? 2 : 0,
  });
  const model = { network, process: processOf(config), activation: activationOf(classes) };
  const validationSource = openSamples(split.validation, preparation);
  const evaluation = planEvaluation(run, split, (cases) => openSamples(cases, preparation).length);
  if (evaluation !== undefined) output.remark(evaluation.announcement);
  const replicas = await startReplicas(trainer.recipe, { config, imageChannels, classes });
  const eventFile = tensorboard ? await openEventFile(run) : undefined;
  const progress = createProgress('training');
  const clock = workingClock({
    onStill: (milliseconds) =>
      output.remark(`note: the process stood still for ${formatDuration(milliseconds / 1000)}, which is not counted`),
  });
  let saved = performance.now();
  let lossOfValidation: number | undefined; // of the last one
  const save = async (): Promise<void> => {
    await run.writeCheckpoint(encodeCheckpoint(trainer));
    saved = performance.now();
  };
  try {
    const events = train(trainer, {
      budget: budgetOf(config),
      accumulate: config.training.accumulate,
      batchAt: (step) => batcher.batchAt(step),
      ...(split.validation.length > 0 && {
        validate: async (phase) => {
          const started = performance.now();
          const limit = config.training.validationCases;
          const { scheduler, drawing } = ensembleOf(run, {});
          const steps = config.training.validationSteps;
          const options = { phase, scheduler, drawing, steps, seed: config.seed, limit };
          lossOfValidation = await validationLoss(trainer.recipe, validationSource, {
            phase,
            seed: config.seed,
            limit,
          });
          const dice = await validate(model, validationSource, options);
          const samples = Math.min(limit, validationSource.length);
          evaluation?.note(phase, (performance.now() - started) / 1000 / samples);
          return dice;
        },
      }),
      validations: config.training.validations,
      patience: config.training.patience,
      ...(replicas && { replicas }),
      signal,
      now: clock.now,
    });
    let dice = '';
    let steps = 0;
    for await (const event of events) {
      steps++;
      const line = toMetricsLine(event, lossOfValidation);
      await run.log(line);
      await eventFile?.write(line);
      if (event.validation) {
        dice = `validation Dice ${event.validation.dice.toFixed(3)}`;
        if (event.validation.improved) {
          // First the checkpoint: what goes on from it must know of these weights, and not replace them by worse.
          await save();
          await run.writeModel(encodeModel(trainer));
        }
      }
      progress.update(event.progress, progressNotes(event, dice, evaluation?.estimate()));
      if (performance.now() - saved > config.training.checkpointSeconds * 1000) await save();
    }
    if (steps > 0 || !signal.aborted) {
      await save();
      await run.writeModel(encodeModel(trainer));
    }
  } catch (error) {
    if (outOfMemory(error) !== undefined) throw withHint(error, afterOutOfMemory(config, { imageChannels, classes }));
    if (error instanceof NonFiniteError) {
      const rate = config.training.learningRate;
      throw withHint(
        error,
        `a new run may need a lower rate, --set training.learningRate=${rate / 10} (it is ${rate}); resuming comes to the same step`,
      );
    }
    throw withHint(error, `the last checkpoint is whole; resume from it with: ${resumeCommand(out)}`);
  } finally {
    clock.stop();
    progress.stop();
    await replicas?.dispose();
  }
  const { finished, step } = trainer.progress;
  if (!finished) {
    output.result(`stopped after step ${step}; resume with: ${resumeCommand(out)}`);
  }
  return finished;
}

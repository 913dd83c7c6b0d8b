import { ensembleOf, MOST_THREADS, type SamplingChoice } from '@medseg/pipeline';
import { openRun } from '@medseg/pipeline/node';
import { type Command, Option } from 'commander';
import { type ConfigCommandOptions, configCommand } from '../commands/config.ts';
import { segmentFiles } from '../commands/segment.ts';
import { type TrainCommandOptions, trainCommand } from '../commands/train.ts';
import {
  atMost,
  classesOption,
  collect,
  forceOption,
  formerName,
  fuseOption,
  layoutOption,
  maskThresholdOption,
  maxFileBytesOption,
  networkOption,
  nonNegativeInteger,
  objectiveOption,
  patientPatternOption,
  positiveInteger,
  positiveNumber,
  presetOption,
  RUN_DEFAULTS,
  withSampling,
  workersOption,
} from '../terminal/command-options.ts';
import { UserError } from '../terminal/user-error.ts';

/** Adds `train` and `segment`. */
export function addTrainAndSegment(program: Command): void {
  program
    .command('train')
    .description('train a model on a folder of images and masks')
    .requiredOption('--out <folder>', 'run folder to write')
    .option('--data <folder>', 'data set')
    .addOption(layoutOption())
    .addOption(classesOption())
    .addOption(patientPatternOption())
    .addOption(maskThresholdOption())
    .option('--series <name>', 'which DICOM series of a patient is the image: UID, description or modality')
    .option('--steps <n>', 'optimisation steps in all', positiveInteger)
    .option('--minutes <m>', 'time to train in all (default 15)', positiveNumber)
    .option('--init <run>', 'begin with the weights of a run, an imported one, or a file of export')
    .addOption(presetOption())
    .addOption(networkOption())
    .addOption(objectiveOption())
    .option('--config <file>', 'configuration, YAML or JSON; medseg config prints one')
    .option('--set <key=value>', 'one setting, such as training.batchSize=8; may be repeated', collect)
    .option('--workers <n>', 'threads that train (default: one per core)', atMost(MOST_THREADS))
    .option('--seed <k>', 'seed of everything random', nonNegativeInteger)
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option('--tensorboard', 'also write event files for TensorBoard, in --out; a run that has some goes on with them')
    .option(
      '--resume',
      'resume from the last checkpoint of --out; with more --steps or --minutes than it had, train on',
    )
    .action((options: TrainCommandOptions) => trainCommand(options));

  program
    .command('config')
    .description('print a whole configuration for train --config, each setting with what it is for')
    .addOption(presetOption())
    .addOption(networkOption())
    .addOption(objectiveOption())
    .option('--config <file>', 'settings of a file on top of it')
    .option('--set <key=value>', 'one setting, such as training.batchSize=8; may be repeated', collect)
    .action((options: ConfigCommandOptions) => configCommand(options));

  withSampling(
    program
      .command('segment')
      .description('segment images and volumes with a trained run: mask, probability and uncertainty of each')
      .argument('[input...]', 'images, volumes, folders of them or of a DICOM series; a,b stacks files as channels')
      .option('--list <file>', 'file with a path per line, relative to it; may be repeated', collect)
      .requiredOption('--run <folder>', 'run folder, or the file that export wrote of one')
      .requiredOption('--out <folder>', 'where to write')
      .option('--series <which>', 'the DICOM series to segment, in folders of several')
      .addOption(fuseOption())
      .addOption(forceOption())
      .option('--save-steps', 'also write the probabilities after each sampling step: the mask as it emerges')
      .addOption(workersOption('segment'))
      .addOption(maxFileBytesOption('the run’s, else 1 GiB'))
      .option('--seed <k>', 'seed of the noise', nonNegativeInteger)
      .addOption(formerName(new Option('--image <file...>'), 'image')),
    RUN_DEFAULTS,
  ).action(
    async (
      inputs: string[],
      options: SamplingChoice & {
        run: string;
        image?: string[];
        list?: string[];
        series?: string;
        force?: boolean;
        saveSteps?: boolean;
        out: string;
        workers: number;
        maxFileBytes?: number;
      },
    ) => {
      const { list: lists = [], series, force, workers, saveSteps } = options;
      const files = [...inputs, ...(options.image ?? [])];
      if (files.length + lists.length === 0) throw new UserError('segment: give at least one image or volume', 2);
      const run = await openRun(options.run);
      const { maxFileBytes = run.info.kind === 'trained' ? run.info.config.data.maxFileBytes : undefined } = options;
      await segmentFiles(run, files, options.out, {
        ...ensembleOf(run, options),
        workers,
        lists,
        series,
        force,
        saveSteps,
        ...(maxFileBytes !== undefined && { maxFileBytes }),
      });
    },
  );
}

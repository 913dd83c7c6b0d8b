import { availableParallelism } from 'node:os';
import { MOST_MEMBERS, MOST_THREADS, SCHEDULER_NAMES } from '@medseg/pipeline';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type StudyOptions, studyTrainings } from '../commands/study.ts';
import { type SamplingStudyOptions, studySampling } from '../commands/study-sampling.ts';
import {
  atMost,
  classesOption,
  collect,
  forceOption,
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
  splitOption,
} from '../terminal/command-options.ts';
import { UserError } from '../terminal/user-error.ts';

/** Options of a study of trainings and of one of sampling, as commander gives them. */
type AnyStudyOptions = StudyOptions & SamplingStudyOptions & { readonly sampling?: boolean };

/** Options, by their attributes, that only one kind of study has. */
const OF_TRAININGS = {
  vary: '--vary',
  settings: '--settings',
  seeds: '--seeds',
  folds: '--folds',
  steps: '--steps',
  minutes: '--minutes',
  config: '--config',
  preset: '--preset',
  network: '--network',
  objective: '--objective',
  set: '--set',
  series: '--series',
  tensorboard: '--tensorboard',
} as const;
const OF_SAMPLING = {
  run: '--run',
  split: '--split',
  scheduler: '--scheduler',
  samplingSteps: '--sampling-steps',
  members: '--members',
  seed: '--seed',
  maxFileBytes: '--max-file-bytes',
} as const;

/** Adds `study`. */
export function addStudy(program: Command): void {
  program
    .command('study')
    .description('compare settings of training, or the steps and members of sampling')
    .requiredOption('--out <folder>', 'folder to write: study.json, study.csv, study.html, and a run per training')
    .option('--vary <key=a,b>', 'values of a setting, as training.batchSize=8,16; repeated, a grid', collect)
    .option('--settings <file>', 'a list of settings, YAML or JSON, each a mapping of keys to values')
    .option('--seeds <list>', 'seeds, as 0,1,2; all train on the same split (default: the seed)', wholeNumbers)
    .option('--folds <k>', 'cross-validation: each training k times, each time tested on another part', foldCount)
    .option('--data <folder>', 'data set')
    .addOption(layoutOption())
    .addOption(classesOption())
    .addOption(patientPatternOption())
    .addOption(maskThresholdOption())
    .option('--series <name>', 'which DICOM series of a patient is the image: UID, description or modality')
    .option('--steps <n>', 'optimisation steps of each training', positiveInteger)
    .option('--minutes <m>', 'time to train of each training (default 15)', positiveNumber)
    .addOption(presetOption())
    .addOption(networkOption())
    .addOption(objectiveOption())
    .option('--config <file>', 'configuration that all have in common, YAML or JSON')
    .option('--set <key=value>', 'one setting that all have in common; may be repeated', collect)
    .option('--workers <n>', 'threads that train or draw (default: one per core)', atMost(MOST_THREADS))
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option('--tensorboard', 'also write event files for TensorBoard, in each run')
    .option('--sampling', 'train nothing: score --run with several numbers of sampling steps and members')
    .option('--run <folder>', 'with --sampling: the run')
    .addOption(splitOption())
    .addOption(
      new Option('--scheduler <name>', 'with --sampling: sampler (default: the run’s)').choices(SCHEDULER_NAMES),
    )
    .option('--sampling-steps <list>', 'with --sampling: numbers of steps (default: 1,2,3,5,10,50)', listUpTo(1000))
    .option('--members <list>', 'with --sampling: numbers of members (default: 1,5,25)', listUpTo(MOST_MEMBERS))
    .option('--seed <k>', 'with --sampling: seed of the noise', nonNegativeInteger)
    .addOption(maxFileBytesOption('the run’s, else 1 GiB'))
    .option('--json <file>', 'also write all that is compared as JSON')
    .addOption(forceOption())
    .option('--resume', 'go on with the study in --out: what is done is left, what was interrupted is resumed')
    .action((options: AnyStudyOptions) => {
      const strange = Object.entries(options.sampling ? OF_TRAININGS : OF_SAMPLING).find(([key]) => key in options);
      if (strange !== undefined)
        throw new UserError(
          `study: ${strange[1]} is ${options.sampling ? 'of trainings, not for --sampling' : 'for --sampling only'}`,
          2,
        );
      return options.sampling
        ? studySampling({ ...options, workers: options.workers ?? availableParallelism() })
        : studyTrainings(options);
    });
}

function wholeNumbers(text: string): number[] {
  return listOf(text, nonNegativeInteger);
}

function listUpTo(limit: number): (text: string) => number[] {
  return (text) => listOf(text, atMost(limit));
}

function listOf(text: string, read: (part: string) => number): number[] {
  const parts = text.split(',');
  if (parts.some((part) => part.trim() === '')) throw new InvalidArgumentError('It must be whole numbers, as 0,1,2.');
  const numbers = parts.map(read);
  if (new Set(numbers).size < numbers.length) throw new InvalidArgumentError('Each number must be given once.');
  return numbers;
}

function foldCount(text: string): number {
  const folds = positiveInteger(text);
  if (folds < 2) throw new InvalidArgumentError('It must be at least 2.');
  return folds;
}

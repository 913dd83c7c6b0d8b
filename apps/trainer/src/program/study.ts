import { MOST_THREADS } from '@medseg/pipeline';
import { type Command, InvalidArgumentError } from 'commander';
import { type StudyOptions, studyTrainings } from '../commands/study.ts';
import {
  atMost,
  classesOption,
  collect,
  layoutOption,
  maskThresholdOption,
  nonNegativeInteger,
  patientPatternOption,
  positiveInteger,
  positiveNumber,
} from '../terminal/command-options.ts';

/** Adds `study`. */
export function addStudy(program: Command): void {
  program
    .command('study')
    .description('train several settings with several seeds on several folds, and compare them with the first')
    .requiredOption('--out <folder>', 'folder to write: study.json, study.csv, study.html and one run per training')
    .option('--vary <key=a,b>', 'values of a setting, as training.batchSize=8,16; repeated, a grid', collect)
    .option('--settings <file>', 'a list of settings, YAML or JSON, each a mapping of keys to values')
    .option('--seeds <list>', 'seeds, as 0,1,2; all train on the same split (default: the seed)', seedList)
    .option('--folds <k>', 'cross-validation: each training k times, each time tested on another part', foldCount)
    .option('--data <folder>', 'data set')
    .addOption(layoutOption())
    .addOption(classesOption())
    .addOption(patientPatternOption())
    .addOption(maskThresholdOption())
    .option('--series <name>', 'which DICOM series of a patient is the image: UID, description or modality')
    .option('--steps <n>', 'optimisation steps of each training', positiveInteger)
    .option('--minutes <m>', 'time to train of each training (default 15)', positiveNumber)
    .option('--config <file>', 'configuration that all have in common, YAML or JSON')
    .option('--set <key=value>', 'one setting that all have in common; may be repeated', collect)
    .option('--workers <n>', 'threads that train (default: one per core)', atMost(MOST_THREADS))
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option('--tensorboard', 'also write event files for TensorBoard, in each run')
    .option('--json <file>', 'also write all that is compared as JSON')
    .option('--force', 'replace the file of --json')
    .option('--resume', 'go on with the study in --out: what is done is left, what was interrupted is resumed')
    .action((options: StudyOptions) => studyTrainings(options));
}

function seedList(text: string): number[] {
  const seeds = text.split(',').map(nonNegativeInteger);
  if (text.split(',').includes('')) throw new InvalidArgumentError('It must be whole numbers, as 0,1,2.');
  if (new Set(seeds).size < seeds.length) throw new InvalidArgumentError('Each seed must be given once.');
  return seeds;
}

function foldCount(text: string): number {
  const folds = positiveInteger(text);
  if (folds < 2) throw new InvalidArgumentError('It must be at least 2.');
  return folds;
}

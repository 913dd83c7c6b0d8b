import { DataError } from '@medseg/datasets';
import { LAYOUTS } from '@medseg/datasets/node';
import { FormatError as ImageFormatError } from '@medseg/image-io';
import { NonFiniteError } from '@medseg/training';
import { FormatError as WeightsFormatError } from '@medseg/weights';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { runDemo } from './commands/demo.ts';
import { evaluateRun, type SplitName } from './commands/evaluate.ts';
import { segmentFiles } from './commands/segment.ts';
import { type TrainCommandOptions, trainCommand } from './commands/train-command.ts';
import { output } from './output.ts';
import { RunFolder } from './run-folder.ts';
import { UserError } from './user-error.ts';

type LayoutName = keyof typeof LAYOUTS;

const layoutOption = (): Option =>
  new Option(
    '--layout <name>',
    'how the folder is laid out: lgg (kaggle_3m/<patient>/…_mask.tif) or folder (images/, masks/)',
  ).choices(Object.keys(LAYOUTS));

function buildProgram(): Command {
  const program = new Command('medseg')
    .description('Train diffusion models for medical image segmentation, segment images and evaluate the result.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see medseg --help)');

  program
    .command('train')
    .description('train a model on a folder of images and masks')
    .requiredOption('--out <folder>', 'run folder to write')
    .option('--data <folder>', 'data set')
    .addOption(layoutOption())
    .option('--steps <n>', 'optimisation steps', positiveInteger)
    .option('--minutes <m>', 'time to train (default 15)', positiveNumber)
    .option('--config <file>', 'configuration, YAML or JSON')
    .option('--set <key=value>', 'one setting, such as training.batchSize=8; may be repeated', collect)
    .option('--seed <k>', 'seed of everything random', nonNegativeInteger)
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option('--resume', 'go on from the last checkpoint of --out')
    .action((options: TrainCommandOptions) => trainCommand(options));

  program
    .command('segment')
    .description('segment images with a trained run: mask, probability and uncertainty of each')
    .requiredOption('--run <folder>', 'run folder of a training')
    .requiredOption('--image <file...>', 'images to segment')
    .requiredOption('--out <folder>', 'where to write')
    .option('--steps <s>', 'sampling steps (default: the run’s)', samplingSteps)
    .option('--ensemble <n>', 'members of the ensemble (default: the run’s)', positiveInteger)
    .option('--seed <k>', 'seed of the noise', nonNegativeInteger)
    .action(
      async (options: {
        run: string;
        image: string[];
        out: string;
        steps?: number;
        ensemble?: number;
        seed?: number;
      }) => {
        const run = RunFolder.open(options.run);
        await segmentFiles(run, options.image, options.out, ensembleOf(run, options));
      },
    );

  program
    .command('evaluate')
    .description('compare a run with the true masks, beside Otsu and the anchor head alone')
    .requiredOption('--run <folder>', 'run folder of a training')
    .option('--data <folder>', 'data set (default: the run’s)')
    .addOption(layoutOption())
    .addOption(
      new Option('--split <name>', 'which patients').choices(['validation', 'test', 'all']).default('validation'),
    )
    .option('--json <file>', 'also write the results as JSON')
    .option('--steps <s>', 'sampling steps (default: the run’s)', samplingSteps)
    .option('--ensemble <n>', 'members of the ensemble (default: the run’s)', positiveInteger)
    .option('--seed <k>', 'seed of the noise', nonNegativeInteger)
    .option('--skip-invalid', 'leave out files that cannot be used')
    .action(
      async (options: {
        run: string;
        data?: string;
        layout?: LayoutName;
        split: SplitName;
        json?: string;
        steps?: number;
        ensemble?: number;
        seed?: number;
        skipInvalid?: boolean;
      }) => {
        const run = RunFolder.open(options.run);
        const { data } = run.info.config;
        const choice = {
          dir: options.data ?? data.dir,
          layout: options.layout ?? data.layout,
          skipInvalid: options.skipInvalid ?? data.skipInvalid,
        };
        await evaluateRun(run, choice, options.split, {
          ...ensembleOf(run, options),
          ...(options.json && { json: options.json }),
        });
      },
    );

  program
    .command('demo')
    .description('train on drawn phantom patients, segment others and write a report')
    .option('--out <folder>', 'where to write (default: runs/demo, or the next that is free)')
    .option('--seed <k>', 'seed of everything random', nonNegativeInteger, 0)
    .option('--steps <n>', 'optimisation steps', positiveInteger)
    .action((options: { out?: string; seed: number; steps?: number }) => runDemo(options));
  return program;
}

function ensembleOf(
  run: RunFolder,
  options: { steps?: number; ensemble?: number; seed?: number },
): { steps: number; members: number; seed: number } {
  const { sampling, seed } = run.info.config;
  return {
    steps: options.steps ?? sampling.steps,
    members: options.ensemble ?? sampling.members,
    seed: options.seed ?? seed,
  };
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive whole number.');
  return value;
}

function samplingSteps(text: string): number {
  const value = positiveInteger(text);
  if (value > 1000) throw new InvalidArgumentError('It must be at most 1000.');
  return value;
}

function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return value;
}

/** Errors whose message is meant for the user. */
function isForUser(error: unknown): error is Error {
  return [UserError, DataError, ImageFormatError, WeightsFormatError, NonFiniteError].some(
    (type) => error instanceof type,
  );
}

const FILE_SYSTEM_RULES: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EACCES: 'no permission',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'part of the path is a file',
  EISDIR: 'it is a folder',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be too large',
};

/** Runs the command and returns its exit code: 0, 1 for work that could not be done, 2 for a wrong command. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync([...argv]);
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said why
    const { code, path, syscall } = error as NodeJS.ErrnoException;
    if (isForUser(error)) output.remark(`medseg: ${error.message}`);
    else if (code !== undefined && syscall !== undefined) {
      output.remark(`medseg: ${path ?? syscall}: ${FILE_SYSTEM_RULES[code] ?? (error as Error).message}`);
    } else output.remark(`medseg: internal error, please report it\n${(error as Error).stack ?? error}`);
    return error instanceof UserError ? error.exitCode : 1;
  }
}

process.exitCode = await main(process.argv);

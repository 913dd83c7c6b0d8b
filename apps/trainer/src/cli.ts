import { NativeError, outOfMemory } from '@medseg/backend-native';
import { DataError } from '@medseg/datasets';
import { FormatError as ImageFormatError } from '@medseg/image-io';
import type { Spacing } from '@medseg/pipeline';
import {
  ConfigError,
  ensembleOf,
  INTENSITIES,
  type ReferenceName,
  RunError,
  type SamplingChoice,
  SCHEDULE_NAMES,
  type SplitName,
  splitOf,
} from '@medseg/pipeline';
import { NonFiniteError } from '@medseg/training';
import { disableIncrementalMarking } from '@medseg/training/node';
import { FormatError as WeightsFormatError } from '@medseg/weights';
import { Command, CommanderError, Option } from 'commander';
import { type CompareOptions, compareRuns } from './commands/compare.ts';
import { type DataOptions, describeData } from './commands/data.ts';
import { runDemo } from './commands/demo.ts';
import { runDoctor } from './commands/doctor.ts';
import { evaluateRun } from './commands/evaluate.ts';
import { exportRun } from './commands/export.ts';
import { type ImportOptions, importRun } from './commands/import.ts';
import { inspectFiles } from './commands/inspect.ts';
import { installNative, type NativeInstallOptions, nativeStatus, removeNative } from './commands/native.ts';
import { segmentFiles } from './commands/segment.ts';
import { type TrainCommandOptions, trainCommand } from './commands/train.ts';
import { type DataOverrides, dataChoiceOf } from './run/data.ts';
import { openRunFolder } from './run/folder.ts';
import { withGuessedLayout } from './run/guessed-layout.ts';
import { BACKEND_OPTIONS, type BackendOption, chooseBackend } from './terminal/backend.ts';
import {
  collect,
  fastOption,
  forceOption,
  formerName,
  layoutOption,
  maskThresholdOption,
  maxFileBytesOption,
  nonNegativeInteger,
  patientPatternOption,
  positiveInteger,
  positiveNumber,
  RUN_DEFAULTS,
  referenceOption,
  spacingOption,
  splitOption,
  versionNumber,
  withSampling,
  workersOption,
} from './terminal/command-options.ts';
import { fileSystemRule } from './terminal/file-system-rules.ts';
import { InterruptedError } from './terminal/interrupt.ts';
import { outliveLostOutput } from './terminal/lost-output.ts';
import { output } from './terminal/output.ts';
import { hintOf, UserError } from './terminal/user-error.ts';
import { VERSION } from './version.ts';

function buildProgram(): Command {
  const program = new Command('medseg')
    .description('Train diffusion models for medical image segmentation, segment images and evaluate the result.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see medseg --help)')
    .addHelpText('after', '\nmedseg --version prints the version.')
    .addOption(
      new Option('--backend <name>', 'what computes: native after medseg native install; auto says why').choices(
        BACKEND_OPTIONS,
      ),
    )
    .hook('preAction', () => chooseBackend(program.opts<{ backend?: BackendOption }>().backend));

  program
    .command('train')
    .description('train a model on a folder of images and masks')
    .requiredOption('--out <folder>', 'run folder to write')
    .option('--data <folder>', 'data set')
    .addOption(layoutOption())
    .option('--classes <list>', 'what the values of masks mean, as liver=1,tumour=2 or disc=0+128,cup=0')
    .addOption(patientPatternOption())
    .addOption(maskThresholdOption())
    .option('--series <name>', 'which DICOM series of a patient is the image: UID, description or modality')
    .option('--steps <n>', 'optimisation steps in all', positiveInteger)
    .option('--minutes <m>', 'time to train in all (default 15)', positiveNumber)
    .option('--config <file>', 'configuration, YAML or JSON')
    .option('--set <key=value>', 'one setting, such as training.batchSize=8; may be repeated', collect)
    .option('--workers <n>', 'threads that train (default: one per core)', positiveInteger)
    .option('--seed <k>', 'seed of everything random', nonNegativeInteger)
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option(
      '--resume',
      'resume from the last checkpoint of --out; with more --steps or --minutes than it had, train on',
    )
    .action((options: TrainCommandOptions) => trainCommand(options));

  withSampling(
    program
      .command('segment')
      .description('segment images and volumes with a trained run: mask, probability and uncertainty of each')
      .argument('[input...]', 'images, volumes, folders of them or of a DICOM series; a,b stacks files as channels')
      .option('--list <file>', 'file with a path per line, relative to it; may be repeated', collect)
      .requiredOption('--run <folder>', 'run folder of a training')
      .requiredOption('--out <folder>', 'where to write')
      .option('--series <which>', 'the DICOM series to segment, in folders of several')
      .addOption(forceOption())
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
        out: string;
        workers: number;
        maxFileBytes?: number;
      },
    ) => {
      const { list: lists = [], series, force, workers } = options;
      const files = [...inputs, ...(options.image ?? [])];
      if (files.length + lists.length === 0) throw new UserError('segment: give at least one image or volume', 2);
      const run = await openRunFolder(options.run);
      const { maxFileBytes = run.info.kind === 'trained' ? run.info.config.data.maxFileBytes : undefined } = options;
      await segmentFiles(run, files, options.out, {
        ...ensembleOf(run, options),
        workers,
        lists,
        series,
        force,
        ...(maxFileBytes !== undefined && { maxFileBytes }),
      });
    },
  );

  withSampling(
    program
      .command('evaluate')
      .description('score a run on images with true masks, beside Otsu and the anchor head alone')
      .requiredOption('--run <folder>', 'run folder of a training')
      .option('--data <folder>', 'data set (default: the run’s)')
      .addOption(layoutOption())
      .addOption(splitOption())
      .option('--json <file>', 'also write the results as JSON')
      .option('--csv <file>', 'also write the scores of each image, and of each class, as CSV')
      .option('--report <folder>', 'also write report.html there')
      .addOption(fastOption())
      .addOption(spacingOption())
      .addOption(workersOption('evaluate'))
      .option('--seed <k>', 'seed of the noise', nonNegativeInteger)
      .addOption(patientPatternOption())
      .addOption(maskThresholdOption())
      .addOption(maxFileBytesOption('the run’s, else 1 GiB'))
      .option('--skip-invalid', 'leave out files that cannot be used')
      .addOption(forceOption()),
    RUN_DEFAULTS,
  ).action(
    async (
      options: SamplingChoice &
        DataOverrides & {
          run: string;
          workers: number;
          split?: SplitName;
          json?: string;
          csv?: string;
          report?: string;
          spacing?: Spacing;
          force?: boolean;
        },
    ) => {
      const run = await openRunFolder(options.run);
      await evaluateRun(run, dataChoiceOf(run, await withGuessedLayout(run, options)), splitOf(run, options.split), {
        ...ensembleOf(run, options),
        workers: options.workers,
        ...(options.json && { json: options.json }),
        ...(options.csv && { csv: options.csv }),
        ...(options.report && { report: options.report }),
        ...(options.spacing && { spacing: options.spacing }),
        ...(options.force && { force: true }),
      });
    },
  );

  withSampling(
    program
      .command('compare')
      .description('compare runs on the same images, pair by pair: each one with the first')
      .argument('<run...>', 'run folders, or files of evaluate --json')
      .option('--data <folder>', 'data set (default: the runs’)')
      .addOption(layoutOption())
      .addOption(splitOption())
      .option('--json <file>', 'also write the comparison as JSON')
      .addOption(spacingOption())
      .addOption(fastOption())
      .option('--seed <k>', 'seed of the noise and of the intervals', nonNegativeInteger)
      .addOption(patientPatternOption())
      .addOption(maskThresholdOption())
      .addOption(maxFileBytesOption('the runs’, else 1 GiB'))
      .option('--skip-invalid', 'leave out files that cannot be used')
      .addOption(forceOption())
      .addOption(workersOption('evaluate')),
    RUN_DEFAULTS,
  ).action((runs: string[], options: CompareOptions) => compareRuns(runs, options));

  withSampling(
    program
      .command('import')
      .description('make a run of a checkpoint of a reference network, for segment and evaluate')
      .requiredOption('--from <file>', 'safetensors, or what PyTorch saved (.pt, .pth)')
      .addOption(referenceOption('the network').makeOptionMandatory())
      .requiredOption('--out <folder>', 'run folder to write')
      .option('--heads <n>', 'heads of attention, where not the reference’s default', positiveInteger)
      .option('--groups <n>', 'groups of GroupNorm (lucidrains, default 8)', positiveInteger)
      .option('--image-size <n>', 'side of the images (official-new, default 256)', positiveInteger)
      .addOption(
        new Option(
          '--schedule <name>',
          'noise schedule (default: the checkpoint’s betas, else the reference’s)',
        ).choices(SCHEDULE_NAMES),
      )
      .option('--timesteps <n>', 'training steps of the process (default: as for --schedule)', positiveInteger)
      .addOption(
        new Option('--prediction <what>', 'what the network predicts (default: epsilon, the noise)').choices([
          'epsilon',
          'sample',
          'v_prediction',
        ]),
      )
      .addOption(
        new Option(
          '--normalization <mode>',
          'mri: percentiles and z-score; photo: 0 to 1; signed: -1 to 1; none (default: the reference’s)',
        ).choices(INTENSITIES),
      )
      .addOption(formerName(new Option('--intensities <mode>').choices(INTENSITIES), 'normalization')),
    { scheduler: 'ddim', steps: '50', members: '5' },
  ).action((options: ImportOptions) => importRun(options));

  program
    .command('export')
    .description('write the weights of a run as safetensors, an imported run’s under the names of its reference')
    .requiredOption('--run <folder>', 'run folder')
    .requiredOption('--to <file>', 'file to write, .safetensors')
    .addOption(referenceOption('the names; must be the run’s own network'))
    .option('--force', 'replace the file')
    .action(async (options: { run: string; to: string; as?: ReferenceName; force?: boolean }) =>
      exportRun(await openRunFolder(options.run), options.to, options),
    );

  program
    .command('inspect')
    .description('say what image and volume files hold, one line of JSON a file')
    .argument(
      '<file...>',
      'PNG, TIFF, JPEG, BMP, GIF, NIfTI, NRRD, MetaImage or DICOM, or the folder of a DICOM series',
    )
    .option('--series <name>', 'which DICOM series of a folder: UID, description or modality')
    .action((files: string[], options: { series?: string }) => inspectFiles(files, options));

  program
    .command('data')
    .description('say what a data set holds and what is wrong with it; every file is opened')
    .requiredOption('--data <folder>', 'data set')
    .addOption(layoutOption())
    .option('--out <folder>', 'also write a page and a contact sheet there')
    .option('--classes <list>', 'what the values of masks mean, as liver=1,tumour=2 or disc=0+128,cup=0')
    .addOption(patientPatternOption())
    .option('--series <name>', 'which DICOM series of a patient is the image: UID, description or modality')
    .option('--no-duplicates', 'do not look for images of different patients that are nearly the same')
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option('--force', 'replace the page that is there')
    .addOption(maskThresholdOption())
    .addOption(maxFileBytesOption())
    .action((options: DataOptions) => describeData(options));

  program
    .command('doctor')
    .description('say what this machine computes with, how fast, and what is missing')
    .action(() => runDoctor());

  program
    .command('demo')
    .description('train on drawn phantom patients, segment others and write a report')
    .option('--out <folder>', 'where to write (default: runs/demo, or the next that is free)')
    .option('--seed <k>', 'seed of everything random', nonNegativeInteger, 0)
    .option('--steps <n>', 'optimisation steps', positiveInteger)
    .action((options: { out?: string; seed: number; steps?: number }) => runDemo(options));

  const native = program
    .command('native')
    .description('TensorFlow’s own library as a backend: install it, see what there is, remove it');
  native
    .command('install')
    .description('bring the library into the cache of this user, or find one that loads')
    .addOption(
      new Option(
        '--source <name>',
        'auto: what already loads, else pypi where it runs, else stock; pypi: the library of a Python wheel; stock: what tfjs-node’s own installer brings',
      )
        .choices(['auto', 'stock', 'pypi'])
        .default('auto'),
    )
    .option('--version <version>', 'of TensorFlow', versionNumber)
    .option('--gpu', 'for graphics cards of NVIDIA, with the libraries of CUDA (several GB)')
    .option('--force', 'with --gpu: also where there is no graphics card, as for the image of another machine')
    .action((options: NativeInstallOptions) => installNative(options));
  native.command('status').description('say what is installed and whether it works').action(nativeStatus);
  native.command('remove').description('delete what was installed').action(removeNative);
  return program;
}

/** Errors whose message is meant for the user. */
function isForUser(error: unknown): error is Error {
  return [
    UserError,
    RunError,
    ConfigError,
    NativeError,
    DataError,
    ImageFormatError,
    WeightsFormatError,
    NonFiniteError,
  ].some((type) => error instanceof type);
}

/** What a command that draws masks can be asked to do with less memory. */
const LESS_MEMORY = '; less is needed with fewer --workers, fewer --members, or --backend wasm';

/**
 * Runs a command, given as in `process.argv`, and returns its exit code: 0; 1 for work that could not be done; 2 for a
 * wrong command; 130 for one that was interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // Not an option of commander: it would take the --version of medseg native install as well.
  if (argv.length === 3 && (argv[2] === '--version' || argv[2] === '-V')) {
    output.result(VERSION);
    return 0;
  }
  try {
    await buildProgram().parseAsync([...argv]);
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said why
    if (error instanceof InterruptedError) {
      output.remark(`medseg: ${error.message}${hintOf(error) === undefined ? '' : `; ${hintOf(error)}`}`);
      return 130;
    }
    const system = fileSystemRule(error);
    const hint = hintOf(error) === undefined ? '' : `; ${hintOf(error)}`;
    const memory = outOfMemory(error);
    if (memory !== undefined) output.remark(`medseg: ${memory}${hint || LESS_MEMORY}`);
    else if (error instanceof NativeError) output.remark(`medseg: ${error.message}${hint}`.split('\n'));
    else if (isForUser(error)) output.remark(`medseg: ${error.message}${hint}`);
    else if (system) output.remark(`medseg: ${system.path}: ${system.rule}${hint}`);
    else
      output.remark([
        `medseg: internal error, please report it${hint}`,
        ...`${(error as Error).stack ?? error}`.split('\n'),
      ]);
    if (error instanceof ConfigError) return 2;
    return error instanceof UserError ? error.exitCode : 1;
  }
}

/** Milliseconds that what a command has left open may take to close. */
const CLOSING = 3000;

/** Ends the process where something that a command has left open, such as a thread that does not end, would keep it. */
function endSoon(): void {
  const end = (): void => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) setTimeout(end, 100).unref();
    else process.exit();
  };
  setTimeout(end, CLOSING).unref();
}

/** Runs the command of this process, and ends it. */
export async function runProcess(): Promise<void> {
  disableIncrementalMarking();
  outliveLostOutput();
  process.exitCode = await main(process.argv);
  endSoon();
}

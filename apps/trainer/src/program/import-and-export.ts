import { INTENSITIES, type ReferenceName, SCHEDULE_NAMES } from '@medseg/pipeline';
import { openRun } from '@medseg/pipeline/node';
import { type Command, Option } from 'commander';
import { exportRun } from '../commands/export.ts';
import { type ImportOptions, importRun } from '../commands/import.ts';
import {
  exportOption,
  formerName,
  positiveInteger,
  referenceOption,
  withSampling,
} from '../terminal/command-options.ts';

/** Adds `import` and `export`. */
export function addImportAndExport(program: Command): void {
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
    .description('write a run as one file of safetensors to give away, without patients and paths')
    .requiredOption('--run <folder>', 'run folder')
    .requiredOption('--to <file>', 'file to write, .safetensors')
    .addOption(exportOption())
    .option('--force', 'replace the file')
    .action(async (options: { run: string; to: string; as?: ReferenceName | 'medseg'; force?: boolean }) =>
      exportRun(await openRun(options.run), options.to, options),
    );
}

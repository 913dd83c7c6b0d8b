import type { Command } from 'commander';
import { type DataOptions, describeData } from '../commands/data.ts';
import { inspectFiles } from '../commands/inspect.ts';
import {
  classesOption,
  layoutOption,
  maskThresholdOption,
  maxFileBytesOption,
  patientPatternOption,
} from '../terminal/command-options.ts';

/** Adds `inspect` and `data`. */
export function addInspectAndData(program: Command): void {
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
    .addOption(classesOption())
    .addOption(patientPatternOption())
    .option('--series <name>', 'which DICOM series of a patient is the image: UID, description or modality')
    .option('--no-duplicates', 'do not look for images of different patients that are nearly the same')
    .option('--skip-invalid', 'leave out files that cannot be used')
    .option('--force', 'replace the page that is there')
    .addOption(maskThresholdOption())
    .addOption(maxFileBytesOption())
    .action((options: DataOptions) => describeData(options));
}

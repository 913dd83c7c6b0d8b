import { ensembleOf, type SamplingChoice, type Spacing, type SplitName, splitOf } from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import type { Command } from 'commander';
import { type CompareOptions, compareRuns } from '../commands/compare.ts';
import { evaluateRun } from '../commands/evaluate.ts';
import { type DataOverrides, dataChoiceOf } from '../run/data.ts';
import { withGuessedLayout } from '../run/guessed-layout.ts';
import {
  classesOption,
  fastOption,
  forceOption,
  fuseOption,
  layoutOption,
  maskThresholdOption,
  maxFileBytesOption,
  nonNegativeInteger,
  patientPatternOption,
  RUN_DEFAULTS,
  spacingOption,
  splitOption,
  withSampling,
  workersOption,
} from '../terminal/command-options.ts';

/** Adds `evaluate` and `compare`. */
export function addEvaluateAndCompare(program: Command): void {
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
      .addOption(fuseOption())
      .addOption(spacingOption())
      .addOption(workersOption('evaluate'))
      .option('--seed <k>', 'seed of the noise', nonNegativeInteger)
      .addOption(classesOption())
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
      .addOption(fuseOption())
      .option('--seed <k>', 'seed of the noise and of the intervals', nonNegativeInteger)
      .addOption(classesOption())
      .addOption(patientPatternOption())
      .addOption(maskThresholdOption())
      .addOption(maxFileBytesOption('the runs’, else 1 GiB'))
      .option('--skip-invalid', 'leave out files that cannot be used')
      .addOption(forceOption())
      .addOption(workersOption('evaluate')),
    RUN_DEFAULTS,
  ).action((runs: string[], options: CompareOptions) => compareRuns(runs, options));
}

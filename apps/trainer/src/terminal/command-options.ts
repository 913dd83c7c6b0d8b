import { availableParallelism } from 'node:os';
import { currentLayoutName, LAYOUT_NAMES } from '@medseg/datasets';
import type { Spacing } from '@medseg/pipeline';
import {
  FUSIONS,
  MOST_MEMBERS,
  MOST_THREADS,
  REFERENCE_NAMES,
  type ReferenceName,
  SCHEDULER_NAMES,
} from '@medseg/pipeline';
import { type Command, InvalidArgumentError, Option } from 'commander';

export function layoutOption(): Option {
  const option = new Option(
    '--layout <name>',
    'how the folder is laid out; lgg is kaggle_3m/<patient>/…_mask.tif, folder is images/ and masks/, class-folders masks beside their images (default: guessed from the names)',
  ).choices(LAYOUT_NAMES);
  const choose = option.parseArg!;
  return option.argParser((name, previous) => choose(currentLayoutName(name), previous));
}

export function fastOption(): Option {
  const option = new Option('--fast', 'score the anchor head alone, without sampling: many times as fast');
  return option.conflicts(['scheduler', 'samplingSteps', 'members', 'fuse']);
}

/** How the members of an ensemble become the mask. */
export function fuseOption(): Option {
  return new Option(
    '--fuse <how>',
    'how the members become the mask: by their mean probability, the majority of their masks or STAPLE (default: mean)',
  ).choices(FUSIONS);
}

export function splitOption(): Option {
  return new Option(
    '--split <name>',
    'which patients (default: test, else validation; all for an imported run)',
  ).choices(['validation', 'test', 'all']);
}

/** Adds what a command may say of sampling, with the names that the options had before. */
export function withSampling(
  command: Command,
  defaults: { scheduler: string; steps: string; members: string },
): Command {
  const options = [
    new Option('--scheduler <name>', `sampler (default: ${defaults.scheduler})`).choices(SCHEDULER_NAMES),
    new Option('--sampling-steps <n>', `sampling steps (default: ${defaults.steps})`).argParser(atMost(1000)),
    formerName(new Option('--steps <n>').argParser(atMost(1000)), 'samplingSteps'),
    new Option('--members <n>', `members of the ensemble (default: ${defaults.members})`).argParser(
      atMost(MOST_MEMBERS),
    ),
    formerName(new Option('--ensemble <n>').argParser(atMost(MOST_MEMBERS)), 'members'),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** The run's own sampling, as help texts say it. */
export const RUN_DEFAULTS = { scheduler: 'the run’s', steps: 'the run’s', members: 'the run’s' };

/** A name that an option had before: still taken, not shown. */
export function formerName(option: Option, attribute: string): Option {
  option.attributeName = () => attribute;
  return option.hideHelp();
}

/** Threads that do the work of a command. */
export function workersOption(verb: string): Option {
  return new Option('--workers <n>', `threads that ${verb}`)
    .argParser(atMost(MOST_THREADS))
    .default(availableParallelism(), 'one per core');
}

/** How masks with soft edges are read. */
export function maskThresholdOption(): Option {
  return new Option(
    '--mask-threshold <value>',
    'for masks with soft edges and no classes: values from here on are foreground',
  ).argParser(positiveNumber);
}

/** What the values of masks mean. */
export function classesOption(): Option {
  return new Option(
    '--classes <list>',
    'what the values of masks mean, as liver=1,tumour=2 or disc=0+128,cup=0; ignore=255 leaves pixels out',
  );
}

/** How the patient of an image is found in its name. */
export function patientPatternOption(): Option {
  return new Option(
    '--patient-pattern <regexp>',
    'the part of an image’s name that is the patient: the first group',
  ).argParser((pattern) => {
    try {
      new RegExp(pattern);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
    return pattern;
  });
}

/** Largest decoded file that a command reads. */
export function maxFileBytesOption(fallback = '1073741824, 1 GiB'): Option {
  return new Option('--max-file-bytes <n>', `largest decoded file in bytes (default: ${fallback})`).argParser(
    positiveInteger,
  );
}

export function forceOption(): Option {
  return new Option(
    '--force',
    'take scans that differ too much from the training data, with a remark; replace files that are there',
  );
}

export function spacingOption(): Option {
  return new Option(
    '--spacing <mm>',
    'size of a pixel, as 0.5 or height,width; distances are in pixels without it',
  ).argParser(spacing);
}

/** Names that references had before. */
const FORMER_REFERENCE_NAMES: Readonly<Record<string, ReferenceName>> = { seed: 'deepmancer' };

export function referenceOption(description: string): Option {
  return new Option('--as <name>', `${description} (${REFERENCE_NAMES.join(', ')})`).argParser((text) => {
    const name = FORMER_REFERENCE_NAMES[text] ?? text;
    const known = REFERENCE_NAMES.find((reference) => reference === name);
    if (known === undefined) throw new InvalidArgumentError(`Allowed choices are ${REFERENCE_NAMES.join(', ')}.`);
    return known;
  });
}

/** In whose names weights are exported: our own, as segment takes them, or those of a reference. */
export function exportOption(): Option {
  const names = ['medseg', ...REFERENCE_NAMES];
  return new Option(
    '--as <name>',
    `the names of the weights: medseg, which segment takes, or those of an imported run’s reference, its default (${names.join(', ')})`,
  ).argParser((text) => {
    const name = FORMER_REFERENCE_NAMES[text] ?? text;
    if (!names.includes(name)) throw new InvalidArgumentError(`Allowed choices are ${names.join(', ')}.`);
    return name;
  });
}

export function collect(value: string, earlier: string[] = []): string[] {
  earlier.push(value);
  return earlier;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive whole number.');
  return value;
}

export function versionNumber(text: string): string {
  if (!/^\d+\.\d+\.\d+$/.test(text)) throw new InvalidArgumentError('It must be three numbers, as 2.15.1.');
  return text;
}

/** Takes a positive whole number up to a limit. */
export function atMost(limit: number): (text: string) => number {
  return (text) => {
    const value = positiveInteger(text);
    if (value > limit) throw new InvalidArgumentError(`It must be at most ${limit}.`);
    return value;
  };
}

export function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return value;
}

function spacing(text: string): Spacing {
  const [height, width = height] = text.split(',').map(positiveNumber);
  if (text.split(',').length > 2) throw new InvalidArgumentError('It must be one number, or height,width.');
  return [height!, width!];
}

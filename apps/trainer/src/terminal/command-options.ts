import { availableParallelism } from 'node:os';
import { currentLayoutName, LAYOUT_NAMES } from '@medseg/datasets';
import type { Spacing } from '@medseg/pipeline';
import {
  currentSchedulerName,
  FUSIONS,
  MOST_MEMBERS,
  MOST_THREADS,
  NETWORK_NAMES,
  REFERENCE_NAMES,
  type ReferenceName,
  SCHEDULER_NAMES,
  VARIANCE_TYPES,
} from '@medseg/pipeline';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PRESET_NAMES } from '../presets.ts';

export function layoutOption(): Option {
  const option = new Option(
    '--layout <name>',
    'how the folder is laid out; lgg is kaggle_3m/<patient>/…_mask.tif, folder is images/ and masks/, class-folders masks beside their images (default: guessed from the names)',
  ).choices(LAYOUT_NAMES);
  const choose = option.parseArg!;
  return option.argParser((name, previous) => choose(currentLayoutName(name), previous));
}

/** Names of networks and presets that were called otherwise before; `seed` is also what the random seed is called. */
const FORMER_NAMES: Readonly<Record<string, string>> = { seed: 'deepmancer' };

/** An option with choices, that also takes the names that they had before. */
function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, `${description} (${choices.join(', ')})`);
  return option.argParser((text) => {
    const name = Object.hasOwn(FORMER_NAMES, text) ? FORMER_NAMES[text]! : text;
    if (!choices.includes(name)) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return name;
  });
}

/** Which configuration that comes with the command is the base. */
export function presetOption(): Option {
  return choiceOption('--preset <name>', 'settings of a paper or a reference', PRESET_NAMES);
}

/** Which network is trained. */
export function networkOption(): Option {
  return choiceOption('--network <name>', 'network to train', NETWORK_NAMES);
}

/** What the denoiser is trained to predict. */
export function objectiveOption(): Option {
  const names: Readonly<Record<string, string>> = { v: 'v_prediction', x0: 'sample' };
  const choices = ['logits', 'epsilon', 'sample', 'v', 'flow'];
  return new Option('--objective <name>', `what the denoiser predicts (${choices.join(', ')})`).argParser((text) => {
    const name = Object.hasOwn(names, text) ? names[text]! : text;
    if (![...choices, 'v_prediction'].includes(name)) {
      throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    }
    return name;
  });
}

export function fastOption(): Option {
  const option = new Option('--fast', 'score the anchor head alone, without sampling: many times as fast');
  return option.conflicts([
    'scheduler',
    'samplingSteps',
    'members',
    'eta',
    'limit',
    'variance',
    'timestepSpacing',
    'guidance',
    'fuse',
  ]);
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
    schedulerOption(defaults.scheduler),
    new Option('--eta <share>', 'of ddim: share of the noise of ddpm that each step draws, 0 to 1').argParser(shareOf),
    new Option('--guidance <scale>', 'of runs trained with objective.conditionDropout').argParser(nonNegativeNumber),
    new Option('--limit <how>', 'how x_0 is kept in its range').choices(['clip', 'threshold', 'none']),
    new Option('--variance <type>', 'of ddpm').choices(VARIANCE_TYPES),
    new Option('--timestep-spacing <how>', 'which training steps are visited').choices([
      'trailing',
      'leading',
      'linspace',
    ]),
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

/** Which sampler; names are also taken as the library writes them. */
function schedulerOption(fallback: string): Option {
  const option = new Option('--scheduler <name>', `sampler (default: ${fallback})`).choices(SCHEDULER_NAMES);
  const choose = option.parseArg!;
  return option.argParser((name, previous) => choose(currentSchedulerName(name), previous));
}

function nonNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('It must be at least 0.');
  return value;
}

function shareOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.');
  return value;
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
    `the names of the weights: medseg, which segment takes, or those of the reference whose network it is, the default of imported runs (${names.join(', ')})`,
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

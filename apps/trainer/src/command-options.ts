import { currentLayoutName, LAYOUT_NAMES } from '@medseg/datasets';
import { InvalidArgumentError, Option } from 'commander';
import type { Spacing } from './evaluation/scores.ts';
import { SCHEDULER_NAMES } from './networks/process.ts';

export function layoutOption(): Option {
  const option = new Option(
    '--layout <name>',
    'how the folder is laid out; lgg is kaggle_3m/<patient>/…_mask.tif, folder is images/ and masks/',
  ).choices(LAYOUT_NAMES);
  const choose = option.parseArg!;
  return option.argParser((name, previous) => choose(currentLayoutName(name), previous));
}

export function splitOption(): Option {
  return new Option('--split <name>', 'which patients (default: validation; all for an imported run)').choices([
    'validation',
    'test',
    'all',
  ]);
}

export function schedulerOption(): Option {
  return new Option('--scheduler <name>', 'sampler (default: the run’s)').choices(SCHEDULER_NAMES);
}

export function spacingOption(): Option {
  return new Option(
    '--spacing <mm>',
    'size of a pixel, as 0.5 or height,width; distances are in pixels without it',
  ).argParser(spacing);
}

export function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
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

export function samplingSteps(text: string): number {
  const value = positiveInteger(text);
  if (value > 1000) throw new InvalidArgumentError('It must be at most 1000.');
  return value;
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

import type { DicomDataset } from './dataset.ts';

const tags = { inSeries: 0x00201209, inAcquisition: 0x00201002, instance: 0x00200013, frames: 0x00280008 };

/**
 * What says that slices are missing at an end of a series, where a gap between positions does not show: fewer files than
 * the series or its acquisition had, or instance numbers that follow one another but do not begin at 0 or 1. Undefined
 * where nothing does, and for files of several frames.
 */
export function missingAtEnd(datasets: readonly DicomDataset[]): string | undefined {
  const number = (dataset: DicomDataset, tag: number): number => dataset.numbers(tag)?.[0] ?? Number.NaN;
  const count = datasets.length;
  if (datasets.some((dataset) => number(dataset, tags.frames) > 1)) return undefined;
  const numbers = datasets.map((dataset) => number(dataset, tags.instance)).sort((a, b) => a - b);
  const isRow = numbers.every((each, i) => each === numbers[0]! + i);
  const said = (['inSeries', 'inAcquisition'] as const).map((name) => number(datasets[0]!, tags[name]));
  const whole = said.find((each) => each > count);
  const text = 'slices may be missing at an end of the series:';
  // A gap in the numbers without one in the positions is no missing slice: numbers may go round several series.
  if (whole !== undefined && (isRow || numbers.some(Number.isNaN)))
    return `${text} it has ${count} of the ${whole} images that its files tell of`;
  if (isRow && numbers[0]! > 1 && count > 1) return `${text} its instance numbers begin at ${numbers[0]}`;
  return undefined;
}

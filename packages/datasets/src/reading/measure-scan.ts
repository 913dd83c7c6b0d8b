import { requireObject } from '@medseg/arguments';
import type { ScanFacts } from '../case.ts';
import { isVolume, measuredChannels, type Scan } from '../scan.ts';
import { percentile } from '../slicing/normalize.ts';

/** Values of a channel that percentiles are taken of. */
const SAMPLES = 2 ** 17;

/**
 * Measures what an image or a volume holds: its grid, and its intensities before normalisation. NaN, outside of the field
 * of view, is not counted.
 *
 * @example const { spacing, percentiles } = measureScan(await readScan('ct.nii.gz'))
 */
export function measureScan(scan: Scan): ScanFacts {
  requireObject('measureScan: scan', scan, ['channels', 'data']);
  const channels = measuredChannels(scan);
  const { data } = scan;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let numbers = 0;
  for (let i = 0; i < data.length; i += scan.channels) {
    for (let c = 0; c < channels; c++) {
      const value = data[i + c]!;
      if (Number.isNaN(value)) continue;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      sum += value;
      numbers++;
    }
  }
  const percentiles = Array.from({ length: channels }, (_, c) => percentilesOf(scan, c));
  const facts = { channels, minimum, maximum, mean: sum / numbers, percentiles };
  if (!isVolume(scan)) {
    const dtype = scan.bitDepth === 32 ? 'float32' : `uint${scan.bitDepth}`;
    return { ...facts, size: [scan.width, scan.height], dtype };
  }
  const { size, spacing, direction, dtype, modality } = scan;
  return { ...facts, size, spacing, direction, dtype, ...(modality !== undefined && { modality }) };
}

function percentilesOf({ data, channels }: Scan, channel: number): [number, number] {
  const step = Math.max(1, Math.floor(data.length / channels / SAMPLES)) * channels;
  const values: number[] = [];
  for (let i = channel; i < data.length; i += step) {
    const value = data[i]!;
    if (value !== 0 && !Number.isNaN(value)) values.push(value);
  }
  const taken = Float32Array.from(values);
  return [percentile(taken, 0.5), percentile(taken, 99.5)];
}

import { requireList } from '@medseg/arguments';
import { createImage, createVolume, type VoxelData } from '@medseg/image-io';
import { DataError } from '../data-error.ts';
import { isVolume, measuredChannels, type Scan, sizeText } from '../scan.ts';
import { gridDistance } from './grid-distance.ts';

/**
 * Stacks the channels of several images or volumes of one size, in the order given, as float32 where their types
 * differ. Opacity is dropped; a single scan is returned as it is. `files` are for error messages.
 *
 * Throws DataError naming the file whose size, orientation or grid differs from the first one's, and RangeError without a scan.
 *
 * @example const scan = stackChannels([t1, flair], ['t1.nii.gz', 'flair.nii.gz'])
 */
export function stackChannels(scans: readonly Scan[], files: readonly string[]): Scan {
  requireList('stackChannels: scans', scans);
  requireList('stackChannels: files', files);
  const [first, ...others] = scans;
  if (!first) throw new RangeError('stackChannels: there must be a scan, got none');
  for (const [i, other] of others.entries()) {
    if (isVolume(first) !== isVolume(other) || sizeText(first) !== sizeText(other)) {
      const rule = `files that are stacked must have one size, got ${sizeText(other)} for ${sizeText(first)} of ${files[0]}`;
      throw new DataError([{ file: files[i + 1]!, rule }]);
    }
  }
  if (others.length === 0) return first;
  const orientation = orientationOf(first);
  for (const [i, other] of others.entries()) {
    if (orientationOf(other) === orientation) continue;
    const rule = `files that are stacked must have one orientation, got ${orientationOf(other)} for ${orientation} of ${files[0]}`;
    throw new DataError([{ file: files[i + 1]!, rule }]);
  }
  const counts = scans.map(measuredChannels);
  const channels = counts.reduce((sum, count) => sum + count, 0);
  const pixels = first.data.length / first.channels;
  const isOneType = scans.every((scan) => scan.data.constructor === first.data.constructor);
  const data: VoxelData = isOneType
    ? new (first.data.constructor as new (length: number) => VoxelData)(pixels * channels)
    : new Float32Array(pixels * channels);
  let offset = 0;
  for (const [s, scan] of scans.entries()) {
    if (isVolume(first) && isVolume(scan) && gridDistance(first, scan) > maxGridDistance(first)) {
      const rule = `files that are stacked must lie on one grid, got corners ${gridDistance(first, scan).toFixed(2)} mm from those of ${files[0]}`;
      throw new DataError([{ file: files[s]!, rule }]);
    }
    for (let i = 0; i < pixels; i++)
      for (let c = 0; c < counts[s]!; c++) data[i * channels + offset + c] = scan.data[i * scan.channels + c]!;
    offset += counts[s]!;
  }
  if (!isVolume(first)) {
    const { width, height } = first;
    return createImage({
      width,
      height,
      channels,
      data: data as Uint8Array | Uint16Array | Float32Array,
      ...(first.orientation && { orientation: first.orientation }),
    });
  }
  const { size, spacing, origin, direction, modality } = first;
  return createVolume({ size, spacing, origin, direction, channels, data, ...(modality && { modality }) });
}

function orientationOf(scan: Scan): number {
  return (!isVolume(scan) && scan.orientation) || 1;
}

/** Grids of one size may lie so far apart: half a voxel. */
export function maxGridDistance({ spacing }: { spacing: readonly number[] }): number {
  return Math.min(...spacing) / 2;
}

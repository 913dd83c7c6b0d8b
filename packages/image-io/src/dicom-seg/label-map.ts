import { requireObject } from '@medseg/arguments';
import { createVolume, type Volume } from '../volume.ts';
import type { Segmentation } from './decode.ts';

/**
 * Combines segments into one uint16 volume of their numbers, 0 where there is none.
 *
 * Throws RangeError where two segments overlap or one is fractional, which one number a voxel cannot say.
 *
 * @example await writeVolume('liver.nrrd', labelMap(await decodeDicomSegmentation(bytes)))
 */
export function labelMap(segmentation: Segmentation): Volume {
  requireObject('labelMap: segmentation', segmentation, ['segments', 'volume']);
  const { segments, volume } = segmentation;
  const { channels, data, dtype, ...grid } = volume;
  if (dtype !== 'uint8') throw new RangeError(`labelMap: segments must be binary, got ${dtype}`);
  const labels = new Uint16Array(data.length / channels);
  for (let i = 0; i < labels.length; i++) {
    for (let c = 0; c < channels; c++) {
      if (data[i * channels + c] === 0) continue;
      if (labels[i] !== 0)
        throw new RangeError(
          `labelMap: segments must not overlap, got ${labels[i]} and ${segments[c]!.number} at voxel ${i}`,
        );
      labels[i] = segments[c]!.number;
    }
  }
  return createVolume({ ...grid, data: labels });
}

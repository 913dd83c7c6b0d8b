import { join } from 'node:path';
import { labelsOf, regionMasks } from '@medseg/datasets';
import { createVolume, type Volume, type VoxelData } from '@medseg/image-io';
import { writeSegmentation, writeVolume } from '@medseg/image-io/node';
import { threshold } from '@medseg/metrics';
import { createRandom } from '@medseg/random';
import { classMapOf } from '../run-classes.ts';
import type { ScanSegmentation } from '../segment-scans.ts';
import { channelLabels, type ResultTarget } from './image-results.ts';

/**
 * Writes `<name>_mask`, `<name>_probability` and `<name>_uncertainty` on the grid of the volume: as NIfTI, or as NRRD where
 * the volume came in one; of a DICOM series the mask is a DICOM SEG that refers to it, `<name>_mask.dcm`. Masks have the
 * labels of the data set, of one class 0 and 1; probabilities have a channel a class.
 */
export async function writeVolumeResults(
  { folder, name, classes }: ResultTarget,
  volume: Volume,
  { probability, uncertainty, classes: count }: ScanSegmentation,
  { dicom, file, seed }: { dicom?: string | undefined; file: string; seed: number },
): Promise<void> {
  const { size, spacing, origin, direction } = volume;
  const onGrid = (data: VoxelData, channels = 1): Volume =>
    createVolume({ size, spacing, origin, direction, channels, data });
  const ending = /\.(nrrd|nhdr)$/i.test(file) ? 'nrrd' : 'nii.gz';
  const path = (what: string): string => join(folder, `${name}_${what}.${ending}`);
  if (dicom !== undefined) {
    await writeSegmentation(join(folder, `${name}_mask.dcm`), onGrid(interleaved(probability, count), count), {
      source: dicom,
      segments: classes.names.map((label, k) => ({
        number: k + 1,
        label,
        algorithmType: 'AUTOMATIC',
        algorithmName: 'medseg',
      })),
      random: createRandom(seed).fork(`uid/${name}`).uniform,
    });
  } else {
    const map = classMapOf(classes) ?? (count === 1 ? undefined : channelLabels(count));
    await writeVolume(path('mask'), onGrid(count === 1 ? threshold(probability) : labelsOf(probability, map)));
  }
  await writeVolume(path('probability'), onGrid(probability, count));
  await writeVolume(path('uncertainty'), onGrid(uncertainty));
}

/** The mask of each class, the classes of a voxel side by side. */
function interleaved(probability: Float32Array, count: number): Uint8Array {
  const masks = regionMasks(probability, count);
  return Uint8Array.from(probability, (_, i) => masks[i % count]![Math.floor(i / count)]!);
}

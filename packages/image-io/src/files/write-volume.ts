import { requireObject, requireText } from '@medseg/arguments';
import { encodeNifti } from '../nifti/encode.ts';
import { encodeNrrd } from '../nrrd/encode.ts';
import type { Volume } from '../volume.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const encoders: [string, (volume: Volume) => Uint8Array][] = [
  ['.nii', (volume) => encodeNifti(volume)],
  ['.nii.gz', (volume) => encodeNifti(volume, { gzip: true })],
  ['.nrrd', (volume) => encodeNrrd(volume)],
];

/**
 * Writes a volume as its name ends: `.nii`, `.nii.gz` or `.nrrd`. The file appears whole or not at all.
 *
 * Throws RangeError for another ending or for what the format cannot hold, and the file system's own error.
 *
 * @example await writeVolume('out/mask.nii.gz', mask)
 */
export async function writeVolume(path: string, volume: Volume): Promise<void> {
  requireText('writeVolume: path', path);
  requireObject('writeVolume: volume', volume, ['size', 'spacing', 'origin', 'direction']);
  const encode = encoders.find(([ending]) => path.toLowerCase().endsWith(ending))?.[1];
  if (!encode)
    throw new RangeError(`writeVolume: the name must end in ${encoders.map(([e]) => e).join(', ')}, got ${path}`);
  await writeFileAtomic(path, encode(volume));
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import { writeImage } from '@medseg/image-io/node';
import { drawPhantomSlice } from './phantom.ts';

/** Options of {@link writePhantom}. */
export interface PhantomOptions {
  /** Patients to draw. Default 40. */
  patients?: number;
  /** Slices of each. Default 4. */
  slicesPerPatient?: number;
  /** Side of the square images in pixels. Default 128. */
  size?: number;
  /** Seed of everything random. Default 0. */
  seed?: number;
}

const phantomOptionNames: OptionNames<PhantomOptions> = {
  patients: true,
  slicesPerPatient: true,
  size: true,
  seed: true,
};

/**
 * Writes phantom patients as TIFF files in the LGG layout:
 * `DIR/kaggle_3m/PHANTOM_001/PHANTOM_001_1.tif` with `PHANTOM_001_1_mask.tif`, and so on. Existing files are replaced.
 *
 * Throws RangeError when a number is out of range, and the file system's own errors.
 *
 * @example await writePhantom('phantom', { patients: 40, slicesPerPatient: 4, size: 128, seed: 1 })
 */
export async function writePhantom(dir: string, options: PhantomOptions = {}): Promise<void> {
  requireText('writePhantom: dir', dir);
  requireOptions('writePhantom', options, phantomOptionNames);
  const { patients = 40, slicesPerPatient = 4, size = 128, seed = 0 } = options;
  for (let patient = 0; patient < patients; patient++) {
    const name = `PHANTOM_${String(patient + 1).padStart(3, '0')}`;
    const folder = join(dir, 'kaggle_3m', name);
    await mkdir(folder, { recursive: true });
    for (let slice = 0; slice < slicesPerPatient; slice++) {
      const { image, mask } = drawPhantomSlice({ seed, patient, slice, slices: slicesPerPatient, size });
      await writeImage(join(folder, `${name}_${slice + 1}.tif`), image);
      await writeImage(join(folder, `${name}_${slice + 1}_mask.tif`), mask);
    }
  }
}

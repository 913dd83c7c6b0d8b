import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readDicomParts, writeFileAtomic } from '@medseg/image-io/node';
import { type Classes, type ResultFile, type ScanSegmentation, scanResults, volumeFormatOf } from '@medseg/pipeline';
import type { LoadedInput } from './load-input.ts';

/** The results of a scan as files, in the format that it came in. */
export async function resultsOf(
  { name, scan, dicom, files }: LoadedInput,
  segmentation: ScanSegmentation,
  { classes, madeBy, series }: { classes: Classes; madeBy: string; series?: string | undefined },
): Promise<ResultFile[]> {
  return [
    ...scanResults({ name, classes }, scan, segmentation, {
      format: volumeFormatOf(files[0]!),
      madeBy,
      series,
      dicom: dicom === undefined ? undefined : await readDicomParts(dicom),
    }),
  ];
}

/** Writes the results of a scan into a folder: all of them, or, when one cannot be written, none. */
export async function writeResults(out: string, results: readonly ResultFile[]): Promise<void> {
  await mkdir(out, { recursive: true });
  const written: string[] = [];
  try {
    for (const { name, bytes } of results) {
      written.push(join(out, name));
      await writeFileAtomic(join(out, name), bytes);
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error;
  }
}

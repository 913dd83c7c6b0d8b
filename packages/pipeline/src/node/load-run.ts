import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireOptions } from '@medseg/arguments';
import { readScan } from '@medseg/datasets/node';
import { readBytes, readDicomParts } from '@medseg/image-io/node';
import { type LoadRunOptions, loadRun as load, loadRunOptionNames } from '../load-run/load-run.ts';
import type { LoadedRun } from '../load-run/loaded-run.ts';
import type { RunSource } from '../load-run/run-source.ts';
import { resultName, type ScanInput } from '../load-run/scan-input.ts';
import { type RunSegmentation, requireSegmentOptions, type SegmentInputOptions } from '../load-run/segment-input.ts';
import { volumeFormatOf } from '../segmentation/scan-results.ts';
import { storeAt } from './open-run.ts';

/** A loaded run that takes paths, too. */
export interface LoadedFolderRun extends Omit<LoadedRun, 'segment'> {
  /**
   * Segments an image or a volume, given by its path, the path of a folder with a DICOM series, the paths of files that
   * are stacked as channels, or as `LoadedRun` takes it.
   */
  segment(scan: ScanInput | string | readonly string[], options?: SegmentInputOptions): Promise<RunSegmentation>;
}

/**
 * Loads the run in a folder, or in the file that `medseg export` made of one, or whatever `loadRun` of
 * `@medseg/pipeline` takes.
 *
 * ```ts
 * const run = await loadRun('runs/mine');
 * const { mask, probability, uncertainty, classes } = await run.segment('brain.tif');
 * ```
 */
export async function loadRun(path: string | RunSource, options: LoadRunOptions = {}): Promise<LoadedFolderRun> {
  requireOptions('loadRun', options, loadRunOptionNames);
  const file = path instanceof URL && path.protocol === 'file:' ? fileURLToPath(path) : path;
  const loaded = await load(typeof file === 'string' ? await storeAt(file) : file, options);
  return {
    name: loaded.name,
    classes: loaded.classes,
    run: loaded.run,
    dispose: () => loaded.dispose(),
    segment: async (scan, given = {}) => {
      requireSegmentOptions(given);
      if (typeof scan === 'string') return segmentPaths(loaded, [scan], given);
      return isPaths(scan) ? segmentPaths(loaded, scan, given) : loaded.segment(scan, given);
    },
  };
}

/** Headers whose voxels are in a second file. */
const PAIRS = /\.(hdr|img|nhdr|mhd)(\.gz)?$/i;

async function segmentPaths(
  loaded: LoadedRun,
  paths: readonly string[],
  options: SegmentInputOptions,
): Promise<RunSegmentation> {
  const [first] = paths as [string, ...string[]];
  const isFolder = (await stat(first)).isDirectory();
  const named = { name: isFolder ? basename(resolve(first)) : resultName(first), ...options };
  if (isFolder && paths.length === 1) {
    const parts = await readDicomParts(first);
    return loaded.segment(
      parts.map(({ bytes, name }) => ({ bytes, name: name ?? first })),
      named,
    );
  }
  if (paths.length === 1 && !PAIRS.test(first))
    return loaded.segment({ name: first, bytes: await readBytes(first) }, named);
  const { series, maxFileBytes, format = volumeFormatOf(first) } = options;
  const scan = await readScan(paths, {
    ...(series !== undefined && { series }),
    ...(maxFileBytes !== undefined && { maxFileBytes }),
  });
  return loaded.segment(scan, { ...named, format });
}

function isPaths(scan: ScanInput | readonly string[]): scan is readonly string[] {
  return Array.isArray(scan) && scan.length > 0 && scan.every((each) => typeof each === 'string');
}

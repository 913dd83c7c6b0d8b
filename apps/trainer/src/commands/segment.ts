import { existsSync, mkdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isVolume, type Scan } from '@medseg/datasets';
import { readScan } from '@medseg/datasets/node';
import { sniffVolume } from '@medseg/image-io';
import { startBackend } from '../backend.ts';
import type { EnsembleOptions } from '../draw-places.ts';
import { loadNetwork } from '../network.ts';
import type { RunNetwork } from '../networks/run-network.ts';
import { output } from '../output.ts';
import { createProgress } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';
import { poolDrawer, startRunPool } from '../run-pool.ts';
import { writeImageResults } from '../segment-output/image-results.ts';
import { writeVolumeResults } from '../segment-output/volume-results.ts';
import { type NamedScan, segmentScans } from '../segment-scans.ts';
import { UserError } from '../user-error.ts';

/** Something to segment: one file, several of one grid whose channels are stacked, or the folder of a DICOM series. */
interface Input {
  readonly name: string;
  readonly files: readonly string[];
  /** The DICOM series that a segmentation is to refer to. */
  readonly dicom?: string;
}

interface LoadedInput extends Input, NamedScan {}

/**
 * Segments images and volumes: writes mask, probability and uncertainty of each at its own size, in the form that it
 * came in. Files are read one after another, the first time to see that each can be read before anything is written.
 */
export async function segmentFiles(
  run: RunFolder,
  files: readonly string[],
  out: string,
  { workers, ...options }: EnsembleOptions & { workers: number },
): Promise<void> {
  const inputs = await namedInputs(files);
  // A bad file leaves nothing half done. Few files are kept, many are read a second time.
  const kept = new Map<Input, Scan>();
  for (const input of inputs) {
    const scan = await readScan(input.files);
    if (inputs.length <= KEPT_SCANS) kept.set(input, scan);
  }
  const pool = workers > 1 ? startRunPool(run, workers) : undefined; // comes up while this thread does
  let network: RunNetwork | undefined;
  const progress = createProgress('segmenting');
  const { classes } = run.info;
  let done = 0;
  const load = async function* (): AsyncGenerator<LoadedInput> {
    for (const input of inputs) {
      yield { ...input, id: input.name, scan: kept.get(input) ?? (await readScan(input.files)) };
      kept.delete(input);
    }
  };
  const onPlace = (name: string, places: number, of: number): void => {
    if (of > 1) progress.update((done + places / of) / inputs.length, `${name}: ${places} of ${of}`);
  };
  try {
    await startBackend();
    network = await loadNetwork(run);
    const drawer = pool && poolDrawer(pool, network);
    for await (const { scan: input, segmentation } of segmentScans(network, load(), {
      ...options,
      onPlace,
      ...(drawer && { drawer }),
    })) {
      const { name, scan, dicom } = input;
      mkdirSync(out, { recursive: true });
      const target = { folder: out, name, classes };
      if (isVolume(scan)) {
        await writeVolumeResults(target, scan, segmentation, { dicom, file: input.files[0]!, seed: options.seed });
      } else await writeImageResults(target, scan, segmentation);
      done++;
      progress.update(done / inputs.length, `${done} of ${inputs.length}`);
    }
  } finally {
    progress.stop();
    await pool?.dispose();
    network?.network.dispose();
  }
  const what = `${inputs.length} file${inputs.length === 1 ? '' : 's'}`;
  output.result(`wrote mask, probability and uncertainty of ${what} to ${out}`);
}

/** So many scans stay in memory between the look at them and their turn. */
const KEPT_SCANS = 4;

/** The inputs with the names of their results. Throws UserError for what is not there and for two of one name. */
async function namedInputs(files: readonly string[]): Promise<Input[]> {
  const seen = new Map<string, string>();
  const inputs: Input[] = [];
  for (const file of files) {
    const parts = existsSync(file) ? [file] : file.split(',');
    for (const part of parts) if (!existsSync(part)) throw new UserError(`${part}: no such file`);
    const name = nameOf(parts[0]!);
    const other = seen.get(name);
    if (other !== undefined)
      throw new UserError(`${file}: its results would overwrite those of ${other}; segment them into two folders`);
    seen.set(name, file);
    const isDicom = parts.length === 1 && (await isDicomSeries(file));
    inputs.push({ name, files: parts, ...(isDicom && { dicom: file }) });
  }
  return inputs;
}

/** `brain` of `scans/brain.nii.gz`. */
function nameOf(file: string): string {
  const name = basename(file).replace(/\.gz$/i, '');
  return statSync(file).isDirectory() ? name : name.replace(/(?<=.)\.[^.]*$/, '');
}

async function isDicomSeries(file: string): Promise<boolean> {
  if (statSync(file).isDirectory()) return true;
  return sniffVolume(await readFile(file), file) === 'DICOM';
}

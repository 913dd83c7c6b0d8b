import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isVolume, type Scan } from '@medseg/datasets';
import { readScan } from '@medseg/datasets/node';
import { sniffFormat } from '@medseg/image-io';
import { readDicomParts, readHead, writeFileAtomic } from '@medseg/image-io/node';
import {
  type Classes,
  type EnsembleOptions,
  imageResults,
  loadRunModel,
  type NamedScan,
  poolSampler,
  type ResultFile,
  type Run,
  type RunModel,
  type ScanSegmentation,
  segmentScans,
  volumeResults,
} from '@medseg/pipeline';
import { createRandom } from '@medseg/random';
import { startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { startRunPool } from '../workers/run-pool.ts';

/** Something to segment: one file, several of one grid whose channels are stacked, or the folder of a DICOM series. */
interface Input {
  readonly name: string;
  readonly files: readonly string[];
  /** The DICOM series that a segmentation is to refer to. */
  readonly dicom?: string;
}

interface LoadedInput extends Input, NamedScan {}

/**
 * Segments images and volumes: writes mask, probability and uncertainty of each at its own size, in the format that it
 * came in. Every file is read before anything is written, to see that it can be.
 */
export async function segmentFiles(
  run: Run,
  files: readonly string[],
  out: string,
  { workers, maxFileBytes, ...options }: EnsembleOptions & { workers: number; maxFileBytes?: number },
): Promise<void> {
  const inputs = await namedInputs(files);
  const limit = maxFileBytes === undefined ? {} : { maxFileBytes };
  const kept = await readAll(inputs, limit);
  const pool = workers > 1 ? startRunPool(run, workers) : undefined; // comes up while this thread does
  let model: RunModel | undefined;
  const progress = createProgress('segmenting');
  let done = 0;
  const load = async function* (): AsyncGenerator<LoadedInput> {
    for (const input of inputs) {
      yield { ...input, id: input.name, scan: kept.get(input) ?? (await readScan(input.files, limit)) };
      kept.delete(input);
    }
  };
  const onPlace = (name: string, places: number, of: number): void => {
    if (of > 1) progress.update((done + places / of) / inputs.length, `${name}: ${places} of ${of}`);
  };
  try {
    await startBackend();
    model = await loadRunModel(run);
    const sampler = pool && poolSampler(pool, model);
    for await (const { scan: input, segmentation } of segmentScans(model, load(), {
      ...options,
      onPlace,
      ...(sampler && { sampler }),
    })) {
      await mkdir(out, { recursive: true });
      for (const { name, bytes } of await resultsOf(input, segmentation, { ...run.info, seed: options.seed })) {
        await writeFileAtomic(join(out, name), bytes);
      }
      done++;
      progress.update(done / inputs.length, `${done} of ${inputs.length}`);
    }
  } finally {
    progress.stop();
    await pool?.dispose();
    model?.network.dispose();
  }
  const what = `${inputs.length} file${inputs.length === 1 ? '' : 's'}`;
  output.result(`wrote mask, probability and uncertainty of ${what} to ${out}`);
}

async function resultsOf(
  { name, scan, dicom, files }: LoadedInput,
  segmentation: ScanSegmentation,
  { classes, seed }: { classes: Classes; seed: number },
): Promise<Iterable<ResultFile>> {
  const target = { name, classes };
  if (!isVolume(scan)) return imageResults(target, scan, segmentation);
  const random = createRandom(seed).fork(`uid/${name}`).uniform;
  return volumeResults(target, scan, segmentation, {
    format: /\.(nrrd|nhdr)$/i.test(files[0]!) ? 'nrrd' : 'nifti',
    ...(dicom !== undefined && { dicom: { source: await readDicomParts(dicom), random } }),
  });
}

/** Decoded bytes that are kept from the first look at the files to their turn; what does not fit is read again. */
const KEPT_BYTES = 2 ** 29;

/** Reads every input, so that a bad file leaves nothing half done, and returns the scans that fit into memory. */
async function readAll(inputs: readonly Input[], limit: { maxFileBytes?: number }): Promise<Map<Input, Scan>> {
  const kept = new Map<Input, Scan>();
  let bytes = 0;
  for (const input of inputs) {
    const scan = await readScan(input.files, limit);
    if (bytes + scan.data.byteLength > KEPT_BYTES) continue;
    bytes += scan.data.byteLength;
    kept.set(input, scan);
  }
  return kept;
}

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
  return sniffFormat(await readHead(file, 4096)) === 'DICOM';
}

import { type DataRemark, remarkLines } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import {
  classSizes,
  type EnsembleOptions,
  loadRunModel,
  madeBy,
  poolSampler,
  type Run,
  segmentScans,
} from '@medseg/pipeline';
import { remarkNoRanges } from '../run/compare-data.ts';
import { checkDrawingMemory } from '../segmentation/check-drawing-memory.ts';
import { checkResults } from '../segmentation/check-results.ts';
import { type Failure, failureLines, failureOf } from '../segmentation/failure.ts';
import { findInputs } from '../segmentation/find-inputs.ts';
import { type LoadedInput, loadInput } from '../segmentation/load-input.ts';
import { type NamedInput, nameInputs } from '../segmentation/name-inputs.ts';
import { watchMasks } from '../segmentation/uniform-masks.ts';
import { openVolumesTable, type VolumesTable } from '../segmentation/volumes-table.ts';
import { resultsOf, writeResults } from '../segmentation/write-results.ts';
import { startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs } from '../terminal/output-files.ts';
import { createProgress } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { drawingThreads } from '../workers/drawing-threads.ts';
import { startRunPool } from '../workers/run-pool.ts';

interface SegmentOptions extends EnsembleOptions {
  readonly workers: number;
  /** Files with a path per line. */
  readonly lists?: readonly string[];
  /** Which DICOM series, in folders of several. */
  readonly series?: string | undefined;
  /** Whether scans are segmented that differ too much from the training data, and results that are there replaced. */
  readonly force?: boolean | undefined;
  /** Largest decoded file in bytes. */
  readonly maxFileBytes?: number;
  /** Whether what was predicted after each sampling step is written, too. */
  readonly saveSteps?: boolean | undefined;
}

/** Files of a scan that show the mask as it emerges, at most. */
const MOST_STEPS = 100;

/** Throws UserError where there is no step to save, or too many. */
function requireSteps({ saveSteps = false, method, steps }: SegmentOptions): void {
  if (!saveSteps) return;
  if (method === 'anchor')
    throw new UserError('--save-steps: nothing is sampled from this run, so that no mask emerges', 2);
  if (steps > MOST_STEPS) {
    throw new UserError(
      `--save-steps: writes a file per step, so that --sampling-steps must be at most ${MOST_STEPS}, got ${steps}`,
      2,
    );
  }
}

/**
 * Segments images and volumes: writes mask, probability and uncertainty of each at its own size, in the format that it
 * came in, and the volume of each class into `volumes.csv`. Files are read one at a time. One that cannot be segmented
 * is left out, without a trace in `out`; the others are done, and at the end it stands in a table and the exit code is 1.
 */
export async function segmentFiles(
  run: Run,
  paths: readonly string[],
  out: string,
  options: SegmentOptions,
): Promise<void> {
  requireSteps(options);
  checkOutputs([{ option: '--out', path: out, kind: 'folder' }], { inputs: paths });
  const found = await findInputs(paths, options.lists ?? []);
  const { inputs, failures } = nameInputs(found.inputs);
  checkResults(out, inputs, options);
  const job: Job = {
    inputs,
    remarks: found.remarks,
    failures: [...found.failures, ...failures],
    volumes: await openVolumesTable(out),
    out,
  };
  const all = inputs.length + job.failures.length;
  remarkNoRanges(run);
  if (inputs.length > 0) await segmentInputs(run, job, options);
  for (const line of remarkLines(job.remarks)) output.remark(line);
  const done = all - job.failures.length;
  if (done > 0)
    output.result(
      `wrote mask, probability and uncertainty${options.saveSteps ? ' and the probabilities of each step' : ''} of ${plural(done, 'files')} to ${out}, sizes to volumes.csv`,
    );
  if (job.failures.length === 0) return;
  if (all === 1) throw new UserError(`${job.failures[0]!.file}: ${job.failures[0]!.rule}`);
  for (const line of failureLines(job.failures, all)) output.remark(line);
  process.exitCode = 1;
}

/** What is to be segmented, and what has been said of it so far. */
interface Job {
  readonly inputs: readonly NamedInput[];
  readonly remarks: DataRemark[];
  readonly failures: Failure[];
  readonly volumes: VolumesTable;
  readonly out: string;
}

async function segmentInputs(
  run: Run,
  job: Job,
  { workers: asked, lists: _, series, force = false, maxFileBytes, saveSteps, ...options }: SegmentOptions,
): Promise<void> {
  const { inputs, remarks, failures, volumes, out } = job;
  const workers = drawingThreads(asked);
  const { classes } = run.info;
  const masks = watchMasks();
  const pool = workers > 1 ? startRunPool(run, workers) : undefined; // comes up while this thread does
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const progress = createProgress('segmenting');
  let done = 0;
  const advance = (): void => progress.update(++done / inputs.length, `${done} of ${inputs.length}`);
  const fail = (error: unknown, { file, name }: NamedInput): void => {
    failures.push(failureOf(error, file, name));
    advance();
  };
  const load = async function* (): AsyncGenerator<LoadedInput> {
    for (const input of inputs) {
      let loaded: LoadedInput;
      try {
        loaded = await loadInput(input, {
          run,
          series,
          force,
          ...(maxFileBytes !== undefined && { maxFileBytes }),
          onRemark: (remark) => remarks.push(remark),
        });
      } catch (error) {
        fail(error, input);
        continue;
      }
      yield loaded;
    }
  };
  let model: Awaited<ReturnType<typeof loadRunModel>> | undefined;
  try {
    await startBackend();
    checkDrawingMemory(run, options, workers);
    model = await loadRunModel(run);
    const sampler = pool && poolSampler(pool, model);
    const segmented = segmentScans(model, load(), {
      ...options,
      keepSteps: saveSteps,
      onPlace: (name, places, of) => {
        if (of > 1) progress.update((done + places / of) / inputs.length, `${name}: ${places} of ${of}`);
      },
      onRemark: (name, text) => remarks.push({ file: byName.get(name)!.file, text }),
      onFailure: (name, error) => fail(error, byName.get(name)!),
      ...(sampler && { sampler }),
    });
    for await (const { scan: input, segmentation } of segmented) {
      let results: Awaited<ReturnType<typeof resultsOf>>;
      try {
        results = await resultsOf(input, segmentation, { classes, madeBy: await madeBy(run, options), series });
      } catch (error) {
        fail(error, input);
        continue;
      }
      await writeResults(out, results);
      const sizes = classSizes(classes, input.scan, segmentation, { asSegments: input.dicom !== undefined });
      await volumes.add(input.name, sizes);
      masks.add(sizes, segmentation.probability.length / segmentation.classes);
      advance();
    }
  } finally {
    progress.stop();
    await pool?.dispose();
    model?.network.dispose();
  }
  const note = masks.note();
  if (note !== undefined) output.remark(`warning: ${note}`);
}

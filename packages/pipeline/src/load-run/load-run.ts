import { type OptionNames, requireOptions } from '@medseg/arguments';
import { requireEndpoint, type WorkerEndpoint } from '@medseg/workers';
import { loadRunModel } from '../networks/load.ts';
import { Run } from '../run/run.ts';
import type { LoadedRun } from './loaded-run.ts';
import { disposedError, RunClient } from './run-client.ts';
import { openSource, type RunSource } from './run-source.ts';
import { segmentInput } from './segment-input.ts';

/** Options of {@link loadRun}. */
export interface LoadRunOptions {
  /**
   * A worker that runs `serveRun`, such as `webWorkerEndpoint(new Worker(url, { type: 'module' }))`: it has the network and
   * does all the work, so that the page goes on drawing. Default: this thread does, which needs a backend.
   */
  readonly worker?: WorkerEndpoint;
  /** Milliseconds that the worker may be silent, in a single sampling step too, before it is given up. Default ten minutes. */
  readonly patience?: number;
}

export const loadRunOptionNames: OptionNames<LoadRunOptions> = { worker: true, patience: true };

/**
 * Loads a run that `medseg train` or `medseg import` wrote, or the file that `medseg export` made of one. What it
 * segments is what `medseg segment` would write, to the last bit on the same backend. In Node,
 * `@medseg/pipeline/node` has a `loadRun` that takes the path of a folder.
 *
 * Throws RunError, ConfigError or FormatError, which name the file and the rule, where the run is missing or broken.
 *
 * @example
 * const run = await loadRun({ 'run.json': info, 'model.safetensors': weights });
 * const { mask, probability, uncertainty, classes } = await run.segment(file);
 */
export async function loadRun(source: RunSource, options: LoadRunOptions = {}): Promise<LoadedRun> {
  requireOptions('loadRun', options, loadRunOptionNames);
  const { worker } = options;
  if (worker !== undefined) requireEndpoint('loadRun: worker', worker);
  const run = await Run.open(await openSource(source));
  if (worker) return RunClient.start(run, worker, options);
  const model = await loadRunModel(run);
  let disposed = false;
  return {
    name: run.name,
    classes: run.info.classes.names,
    run,
    segment: async (scan, given) => {
      if (disposed) throw disposedError(run.name);
      return segmentInput(run, model, scan, given);
    },
    dispose: async () => {
      if (!disposed) model.network.dispose();
      disposed = true;
    },
  };
}

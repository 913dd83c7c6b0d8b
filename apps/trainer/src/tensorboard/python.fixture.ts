import { spawnSync } from 'node:child_process';

/** The Python that has TensorBoard: `MEDSEG_PYTHON`, else that of the path. */
const python = process.env.MEDSEG_PYTHON ?? 'python3';

/** Whether tests that need TensorBoard's own reader are skipped: it is absent, and this is not CI, where that is a failure. */
export function lacksTensorBoard(): boolean {
  return process.env.CI !== 'true' && spawnSync(python, ['-c', 'import tensorboard']).status !== 0;
}

/** Reads the event files below a folder as TensorBoard does: run, tag, and [step, value] of each event that it keeps. */
const READER = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator, event_multiplexer
everything = {event_accumulator.SCALARS: 0}
runs = event_multiplexer.EventMultiplexer(size_guidance=everything, purge_orphaned_data=False)
runs.AddRunsFromDirectory(sys.argv[1])
runs.Reload()
print(json.dumps({run: {tag: [[e.step, e.value] for e in runs.Scalars(run, tag)] for tag in tags['scalars']}
                  for run, tags in runs.Runs().items()}))
`;

type TensorBoardRuns = Record<string, Record<string, [step: number, value: number][]>>;

/** What TensorBoard reads below a folder. */
export function readWithTensorBoard(folder: string): TensorBoardRuns {
  const { status, stdout, stderr } = spawnSync(python, ['-c', READER, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${python}: ${stderr}`);
  return JSON.parse(stdout) as TensorBoardRuns;
}

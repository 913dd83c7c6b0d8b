import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writePhantom } from '@medseg/datasets/node';
import { finalEnsembleOf, loadRunModel } from '@medseg/pipeline';
import { evaluateWithProgress } from '../evaluation/with-progress.ts';
import { writeReport } from '../report/write-report.ts';
import { resolveHere } from '../run/config-file.ts';
import { assertFree } from '../run/folder.ts';
import { withRunLock } from '../run/lock.ts';
import { savedRun } from '../run/saved-run.ts';
import { printResults } from '../tables/print-results.ts';
import { perImageLines } from '../tables/results-table.ts';
import { startBackend } from '../terminal/backend.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { output } from '../terminal/output.ts';
import { formatDuration } from '../terminal/progress.ts';
import { trainRun } from '../training/train-run.ts';

/** What the demo trains; small enough for minutes on two cores. */
const DEMO = { patients: 40, slicesPerPatient: 4, steps: 140 };

/** The first of `runs/demo`, `runs/demo-2`, … that holds nothing yet. */
function freeFolder(): string {
  for (let n = 1; ; n++) {
    const folder = join('runs', n === 1 ? 'demo' : `demo-${n}`);
    if (!existsSync(folder)) return folder;
  }
}

/** Draws phantom patients, trains on some of them, segments the others and writes a report. */
export async function runDemo({
  out = freeFolder(),
  seed,
  steps = DEMO.steps,
}: {
  out?: string;
  seed: number;
  steps?: number;
}): Promise<void> {
  const started = performance.now();
  const folder = resolve(out);
  const data = join(folder, 'phantom');
  const runPath = join(folder, 'run');
  assertFree(folder);
  await writePhantom(data, { patients: DEMO.patients, slicesPerPatient: DEMO.slicesPerPatient, seed });
  output.remark(`drew ${DEMO.patients} phantom patients into ${data}`);
  const config = resolveHere({
    seed,
    data: { dir: data, layout: 'lgg', validation: 0.15, test: 0.2 },
    training: { steps, validations: 10, validationCases: 24 },
  });
  const { signal, release } = onInterrupt({ saved: savedRun(runPath) });
  const { run, finished, test } = await withRunLock(runPath, () => trainRun(config, runPath, { signal })).finally(
    release,
  );
  if (!finished) {
    process.exitCode = 130;
    return;
  }
  await startBackend();
  const model = await loadRunModel(run);
  const sampling = finalEnsembleOf(run, 'images');
  const { workers } = config.training;
  const results = await evaluateWithProgress(run, model, test, { workers, options: sampling });
  const title = 'Segmentation of phantom brain lesions';
  const report = await writeReport(run, model, test, results, { title, split: 'test', sampling });
  model.network.dispose();
  output.result(perImageLines(results, output.width()));
  output.result();
  printResults(results, { cases: test, split: 'test', sampling, unit: 'px', seed });
  output.result();
  output.result(`report: ${report}`);
  output.result(`took ${formatDuration((performance.now() - started) / 1000)}`);
}

import { parentPort, workerData } from 'node:worker_threads';
import { startBackend } from './backend.ts';
import { evaluateCases } from './evaluate-cases.ts';
import type { EvaluationReply, EvaluationShare } from './evaluation-workers.ts';
import { loadNetwork } from './network.ts';
import { RunFolder } from './run-folder.ts';

// A thread of `medseg evaluate`: evaluates its share of the cases, in order.

const { run, cases, classNames, options } = workerData as EvaluationShare;
const port = parentPort!;
const reply = (message: EvaluationReply): void => port.postMessage(message);
try {
  await startBackend();
  const network = await loadNetwork(RunFolder.open(run));
  for await (const result of evaluateCases(network, cases, classNames, options)) reply({ result });
} catch (error) {
  reply({ failed: error instanceof Error ? error.message : String(error) });
}

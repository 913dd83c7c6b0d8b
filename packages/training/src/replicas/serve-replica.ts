import { serveWorker, type WorkerPort } from '@medseg/workers';
import * as tf from '@tensorflow/tfjs-core';
import { type ComputeGradients, type PhaseVariables, type StepProcess, stepGradients } from '../step-gradients.ts';
import type { Anchored, TwoPhaseNetwork } from '../two-phase-network.ts';
import { flatPhases } from './flat-variables.ts';
import type { Flat, ReplicaAnswer, ReplicaNote, ReplicaQuestion } from './messages.ts';
import { epochTime } from './time.ts';

/**
 * Inside a worker: answers a ReplicaGroup with the gradients of its shares. The network must be built as the group's
 * is; its weights are set before each step. Call it once the backend has been started.
 *
 * @example serveReplica(nodeWorkerPort(), new AnchoredDiffusion(config), { schedule });
 */
export function serveReplica<C extends Anchored>(
  port: WorkerPort,
  model: TwoPhaseNetwork<C>,
  process: StepProcess,
): void {
  serveGradients(port, model, (input) => stepGradients(model, input, process));
}

/** {@link serveReplica} for the workers of a group of another loss. */
export function serveGradients(port: WorkerPort, model: PhaseVariables, compute: ComputeGradients): void {
  const flats = flatPhases(model);
  let shared: { weights: Flat; gradients: Flat } | undefined;
  const tell = (note: ReplicaNote): void => {
    if (note.kind === 'share') {
      shared = note;
      return;
    }
    const { phase, from, to, values } = note;
    const flat = flats[phase];
    flat.assignPart(values ?? flat.part(shared!.weights[phase], from, to), from, to);
  };
  const answer = (input: ReplicaQuestion): ReplicaAnswer => {
    const { phase } = input;
    const { loss, gradients } = compute(input);
    const flat = shared?.gradients[phase] ?? new Float32Array(flats[phase].size);
    flats[phase].read(gradients, flat);
    tf.dispose([...gradients.values()]);
    const finished = epochTime();
    return shared ? { loss, finished } : { loss, finished, gradients: flat };
  };
  void serveWorker(port, () => answer, {
    tell,
    transfer: ({ gradients }) => (gradients ? [gradients.buffer as ArrayBuffer] : []),
  });
}

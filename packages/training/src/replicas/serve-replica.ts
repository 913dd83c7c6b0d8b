import * as tf from '@tensorflow/tfjs-core';
import { type ComputeGradients, type PhaseVariables, type StepProcess, stepGradients } from '../step-gradients.ts';
import type { Anchored, TwoPhaseNetwork } from '../two-phase-network.ts';
import type { WorkerPort } from './endpoint.ts';
import { flatPhases } from './flat-variables.ts';
import type { Flat, FromReplica, ToReplica } from './messages.ts';

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
  const answer = (message: FromReplica, transfer?: ArrayBuffer[]): void => port.post(message, transfer);
  port.listen((data) => {
    const message = data as ToReplica;
    if (message.kind === 'start') {
      if (message.weights && message.gradients) shared = { weights: message.weights, gradients: message.gradients };
      answer({ kind: 'ready' });
      return;
    }
    try {
      if (message.kind === 'load') {
        const { phase, from, to, values } = message;
        const flat = flats[phase];
        flat.assignPart(values ?? flat.part(shared!.weights[phase], from, to), from, to);
        return;
      }
      const { phase } = message.input;
      const { loss, gradients } = compute(message.input);
      const flat = shared?.gradients[phase] ?? new Float32Array(flats[phase].size);
      flats[phase].read(gradients, flat);
      tf.dispose([...gradients.values()]);
      if (shared) answer({ kind: 'done', loss });
      else answer({ kind: 'done', loss, gradients: flat }, [flat.buffer as ArrayBuffer]);
    } catch (error) {
      answer({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  });
}

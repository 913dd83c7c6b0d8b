import * as tf from '@tensorflow/tfjs-core';
import {
  type ComputeGradients,
  type PhaseVariables,
  type StepProcess,
  stepGradients,
  variablesOf,
} from '../step-gradients.ts';
import type { Anchored, Phase, TrainableModel } from '../trainable-model.ts';
import type { WorkerPort } from './endpoint.ts';
import { flatSize, flatten, unflatten } from './flat.ts';
import type { Flat, FromReplica, ToReplica } from './messages.ts';

/**
 * Inside a worker: answers a ReplicaGroup with the gradients of its shares. The network must be built as the group's
 * is; its weights are set before each step. Call it once the backend has been started.
 *
 * @example serveReplica(nodeWorkerPort(), new AnchoredDiffusion(config), { schedule });
 */
export function serveReplica<C extends Anchored>(
  port: WorkerPort,
  model: TrainableModel<C>,
  process: StepProcess,
): void {
  serveGradients(port, model, (input) => stepGradients(model, input, process));
}

/** {@link serveReplica} for the workers of a group of another loss. */
export function serveGradients(port: WorkerPort, model: PhaseVariables, compute: ComputeGradients): void {
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
      for (const [phase, values] of Object.entries(message.changed) as [Phase, Float32Array | 'shared'][]) {
        load(variablesOf(model, phase), values === 'shared' ? shared!.weights[phase] : values);
      }
      const { phase } = message.input;
      const { loss, gradients } = compute(message.input);
      const variables = variablesOf(model, phase);
      const flat = shared?.gradients[phase] ?? new Float32Array(flatSize(variables));
      flatten(variables, gradients, flat);
      tf.dispose([...gradients.values()]);
      if (shared) answer({ kind: 'done', loss });
      else answer({ kind: 'done', loss, gradients: flat }, [flat.buffer as ArrayBuffer]);
    } catch (error) {
      answer({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  });
}

function load(variables: ReadonlyMap<string, tf.Variable>, flat: Float32Array): void {
  const tensors = unflatten(variables, flat);
  for (const [name, variable] of variables) variable.assign(tensors.get(name)!);
  tf.dispose([...tensors.values()]);
}

import { serveWorker, type WorkerPort } from '@medseg/workers';
import * as tf from '@tensorflow/tfjs-core';
import { type Recipe, requireRecipe } from '../recipe.ts';
import { stepGradients } from '../step-gradients.ts';
import { flatPhases } from './flat-variables.ts';
import type { Flat, ReplicaAnswer, ReplicaNote, ReplicaQuestion } from './messages.ts';
import { epochTime } from './time.ts';

/**
 * Inside a worker: answers a ReplicaGroup with the gradients of its shares. The recipe must be built as the group's is,
 * on a network of the same shape; its weights are set before each step. Call it once the backend has been started.
 *
 * @example serveReplica(nodeWorkerPort(), anchoredRecipe(new AnchoredDiffusion(config), { schedule }));
 */
export function serveReplica(port: WorkerPort, recipe: Recipe): void {
  requireRecipe('serveReplica', recipe);
  const flats = flatPhases(recipe);
  let shared: { weights: Flat; gradients: Flat } | undefined;
  const tell = (note: ReplicaNote): void => {
    if (note.kind === 'share') {
      shared = note;
      return;
    }
    const { phase, from, to, values } = note;
    const flat = flats[phase];
    if (flat === undefined) {
      throw new RangeError(
        `serveReplica: the recipe must have the group's phases, it has ${Object.keys(flats).join(', ')} and not ${phase}`,
      );
    }
    flat.assignPart(values ?? flat.part(shared!.weights[phase]!, from, to), from, to);
  };
  const answer = (input: ReplicaQuestion): ReplicaAnswer => {
    const { phase } = input;
    const { loss, gradients, state, losses } = stepGradients(recipe, input);
    const flat = shared?.gradients[phase] ?? new Float32Array(flats[phase]!.size);
    flats[phase]!.read(new Map([...gradients, ...state]), flat);
    tf.dispose([...gradients.values(), ...state.values()]);
    const finished = epochTime();
    return { loss, finished, ...(!shared && { gradients: flat }), ...(losses && { losses }) };
  };
  void serveWorker(port, () => answer, {
    tell,
    transfer: ({ gradients }) => (gradients ? [gradients.buffer as ArrayBuffer] : []),
  });
}

import { kindOf } from '@medseg/arguments';
import { type CallContext, dispose, type TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { copyTensor } from './copy-tensor.ts';
import { phaseOf, type Recipe, type RecipePhase, type StepData, stateOf } from './recipe.ts';
import type { StepInput } from './step-input.ts';

/** The losses of the samples, if the phase has told them since. */
type LossesOf = () => { readonly losses?: Float32Array };

/**
 * What `compute` returns of a phase and of what gives its loss, for a batch on the host; afterwards no tensor of it is
 * left, and the phase's state is what it was.
 */
export function onStepData<T>(
  who: string,
  recipe: Recipe,
  { phase: name, batch, draw = {} }: StepInput,
  context: CallContext,
  compute: (phase: RecipePhase, lossOf: () => tf.Scalar, losses: LossesOf) => T,
): T {
  const phase = phaseOf(recipe, name);
  const [count, height, width] = batch.maskShape;
  const images = tf.tensor4d(batch.images, [...batch.imageShape]);
  const masks = tf.tensor4d(batch.masks, [...batch.maskShape]);
  const pixelWeights = batch.pixelWeights && tf.tensor4d(batch.pixelWeights, [count, height, width, 1]);
  const made: TensorTree[] = [images, masks, ...(pixelWeights ? [pixelWeights] : [])];
  const state = [...stateOf(phase)].map(([, variable]) => ({ variable, before: copyTensor(variable) }));
  let noted: tf.Tensor1D | undefined;
  const noteLosses = (losses: tf.Tensor1D): void => {
    const shape: unknown = (losses as Partial<tf.Tensor> | undefined)?.shape;
    if (!Array.isArray(shape) || shape.length !== 1 || shape[0] !== count) {
      const got = Array.isArray(shape) ? `a tensor [${shape}]` : kindOf(losses);
      throw new TypeError(`${who}: the losses that the phase ${name} notes must be [${count}], got ${got}`);
    }
    noted?.dispose();
    noted = tf.keep(losses);
  };
  const data: StepData = { images, masks, pixelWeights, draw, context, noteLosses };
  try {
    const prepared = (phase.prepare?.(data) ?? null) as TensorTree;
    if ((prepared as unknown) instanceof Promise) {
      throw new TypeError(`${who}: prepare of the phase ${name} must return tensors, got Promise`);
    }
    made.push(prepared);
    const lossOf = (): tf.Scalar => scalar(who, name, phase.loss(data, prepared));
    return compute(phase, lossOf, () => (noted ? { losses: noted.dataSync<'float32'>().slice() } : {}));
  } finally {
    for (const { variable, before } of state) variable.assign(before);
    made.push(state.map(({ before }) => before));
    noted?.dispose();
    dispose(made);
  }
}

/** The loss, refused where it is something else. */
function scalar(who: string, phase: string, loss: tf.Scalar): tf.Scalar {
  const shape: unknown = (loss as Partial<tf.Tensor> | undefined)?.shape;
  if (Array.isArray(shape) && shape.length === 0) return loss;
  const got = Array.isArray(shape) ? `a tensor [${shape}]; take its mean` : kindOf(loss);
  throw new TypeError(`${who}: loss of the phase ${phase} must return a scalar tensor, got ${got}`);
}

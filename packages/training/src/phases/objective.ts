import {
  type Activation,
  addNoise,
  flowInterpolate,
  flowTarget,
  hybridLoss,
  maskOfLogits,
  mseLoss,
  type Network,
  type PixelWeightOptions,
  type PredictionType,
  predictXStart,
  probabilityOfLogits,
  type Schedule,
  trainingTarget,
} from '@medseg/diffusion';
import type { TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** What the output of a network means, and the process that it is trained for. */
export interface Objective {
  readonly network: Pick<Network, 'predictionType' | 'maskRange' | 'learnedVariance'>;
  readonly schedule: Schedule;
  readonly activation: Activation;
}

/** A noisy mask, the clean mask and the noise in it, and the time of each sample. */
export interface NoisyMask {
  /** [B, H, W, K], as every tensor here. */
  readonly x0: tf.Tensor4D;
  readonly noise: tf.Tensor4D;
  readonly x: tf.Tensor4D;
  /** [B] whole numbers from 0. */
  readonly t: Int32Array;
}

/** Noise level of each time on the straight path: (t + 1) / T, so that the last is noise alone. */
function sigmasOf({ steps }: Schedule, t: Int32Array): Float64Array {
  return Float64Array.from(t, (step) => (step + 1) / steps);
}

/** The times as the network is told them, [B] int32: on the straight path sigma T, elsewhere t. */
export function timeOf({ network }: Objective, t: Int32Array): tf.Tensor1D {
  return tf.tensor1d(network.predictionType === 'flow' ? t.map((step) => step + 1) : t, 'int32');
}

/** A mask at the noise of each sample's time. */
export function noisyMask(
  { network, schedule }: Objective,
  x0: tf.Tensor,
  noise: tf.Tensor,
  t: Int32Array,
): tf.Tensor4D {
  if (network.predictionType === 'flow') return flowInterpolate(x0, noise, sigmasOf(schedule, t));
  return addNoise(schedule, x0, noise, t);
}

/** The mask, in the network's range, that its output stands for; not clipped. */
export function predictedMask(objective: Objective, x: tf.Tensor4D, output: tf.Tensor, t: Int32Array): tf.Tensor4D {
  const { network, schedule } = objective;
  const prediction = network.learnedVariance ? tf.slice(output as tf.Tensor4D, [0, 0, 0, 0], x.shape) : output;
  if (network.predictionType === 'logits') return maskOf(objective, prediction);
  if (network.predictionType !== 'flow') return predictXStart(schedule, network.predictionType, x, prediction, t);
  const sigmas = tf.tensor4d(Float32Array.from(sigmasOf(schedule, t)), [t.length, 1, 1, 1]);
  return tf.sub<tf.Tensor4D>(x, tf.mul(sigmas, prediction));
}

/** The mask in the network's range that logits stand for. */
function maskOf({ network, activation }: Objective, logits: tf.Tensor): tf.Tensor4D {
  const [outside, inside] = network.maskRange;
  if (outside === -1 && inside === 1) return maskOfLogits(logits, activation) as tf.Tensor4D;
  return tf.add<tf.Tensor4D>(tf.mul(probabilityOfLogits(logits, activation), inside - outside), outside);
}

/** A mask for pixels whose truth is not known: the anchor's where the condition has one, the middle of the range elsewhere. */
export function unknownMask(objective: Objective, condition: TensorTree, x0: tf.Tensor4D): tf.Tensor4D {
  const { anchor } = (condition ?? {}) as { anchor?: unknown };
  if (anchor instanceof tf.Tensor) return maskOf(objective, anchor);
  const [outside, inside] = objective.network.maskRange;
  return tf.fill(x0.shape, (outside + inside) / 2) as tf.Tensor4D;
}

/** Options of {@link denoisingLoss}. */
interface LossOptions extends PixelWeightOptions {
  /** How much each sample counts, B numbers. Default: all alike. */
  readonly weights?: ArrayLike<number>;
}

/** What the network's output is trained on; see `diffusionPhase`. A mean over samples. */
export function denoisingLoss(
  objective: Objective,
  output: tf.Tensor,
  { x0, noise, x, t }: NoisyMask,
  options: LossOptions,
): tf.Scalar {
  const { network, schedule } = objective;
  if (network.predictionType === 'logits') return mseLoss(maskOf(objective, output), x0, options);
  if (network.predictionType === 'flow') return mseLoss(output, flowTarget(x0, noise), options);
  const predictionType: PredictionType = network.predictionType;
  if (network.learnedVariance) {
    const { pixelWeights } = options;
    return hybridLoss(schedule, output, x0, noise, x, t, { predictionType, pixelWeights });
  }
  return mseLoss(output, trainingTarget(schedule, predictionType, x0, noise, t), options);
}

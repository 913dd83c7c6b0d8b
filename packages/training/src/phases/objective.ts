import {
  type Activation,
  addNoise,
  flowInterpolate,
  flowTarget,
  hybridLosses,
  maskOfLogits,
  mseLoss,
  mseLosses,
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
  readonly weights?: ArrayLike<number> | undefined;
  /** What the loss of each sample is multiplied by beside, B numbers: its chance of being drawn evened out. Default 1. */
  readonly importance?: ArrayLike<number> | undefined;
}

/** What the network is trained on: a mean over samples, and the loss of each, [B], before its importance. */
interface DenoisingLoss {
  readonly loss: tf.Scalar;
  readonly losses: tf.Tensor1D;
}

/** What the network's output is trained on; see `diffusionPhase`. Called inside a `tf.tidy`. */
export function denoisingLoss(
  objective: Objective,
  output: tf.Tensor,
  { x0, noise, x, t }: NoisyMask,
  { pixelWeights, weights, importance }: LossOptions,
): DenoisingLoss {
  const { network, schedule } = objective;
  const { predictionType } = network;
  const meanOf = (losses: tf.Tensor): tf.Scalar =>
    importance ? tf.mean(tf.mul(losses, tf.tensor1d(Float32Array.from(importance)))) : tf.mean(losses);
  if (network.learnedVariance) {
    const how = { predictionType: predictionType as PredictionType, pixelWeights };
    const losses = hybridLosses(schedule, output, x0, noise, x, t, how);
    return { loss: meanOf(losses), losses };
  }
  const prediction = predictionType === 'logits' ? maskOf(objective, output) : output;
  const target = targetOf(objective, x0, noise, t);
  const squares = mseLosses(prediction, target, { pixelWeights });
  const losses = weights ? tf.mul<tf.Tensor1D>(squares, tf.tensor1d(Float32Array.from(weights))) : squares;
  const loss = importance ? meanOf(losses) : mseLoss(prediction, target, { weights, pixelWeights });
  return { loss, losses };
}

/** What the network's prediction is held against by its squared error. */
function targetOf({ network, schedule }: Objective, x0: tf.Tensor4D, noise: tf.Tensor4D, t: Int32Array): tf.Tensor {
  if (network.predictionType === 'logits') return x0;
  if (network.predictionType === 'flow') return flowTarget(x0, noise);
  return trainingTarget(schedule, network.predictionType, x0, noise, t);
}

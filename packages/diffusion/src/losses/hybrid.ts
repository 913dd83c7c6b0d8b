import { requireList, requireObject } from '@medseg/arguments';
import { type OptionNames, requireOptions, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { signalAndNoise, type Timesteps } from '../process/add-noise.ts';
import { predictXStart, trainingTarget } from '../process/objective.ts';
import { learnedLogVariance, posteriorMean } from '../process/posterior.ts';
import type { NetworkPrediction } from '../process/prediction.ts';
import { requireNumber } from '../schedule/check.ts';
import { posteriorCoefficients } from '../schedule/posterior.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { perSample, requireSameShape } from '../tensors.ts';
import { meanOfSamples, meanOverPixels, type PixelWeightOptions, requirePixelWeights } from './pixel-weights.ts';

/** Options of {@link hybridLoss} and {@link variationalBound}. */
export interface BoundOptions extends PixelWeightOptions {
  /** What the first half of the output's channels means. Default 'epsilon'. */
  readonly predictionType?: NetworkPrediction;
  /** Width of one grey level of the data, for the likelihood at t = 0. Default 2 / 255: 8 bits over [-1, 1]. */
  readonly binWidth?: number;
}

const boundOptionNames: OptionNames<BoundOptions> = { predictionType: true, binWidth: true, pixelWeights: true };

/** Options of {@link hybridLoss}. */
export interface HybridLossOptions extends BoundOptions {
  /** What the bound is multiplied by. Default T / 1000 for the T steps of the schedule. */
  readonly boundWeight?: number;
}

/**
 * The variational bound's term for one step of each sample, in bits a dimension: the KL divergence from the true
 * posterior, and at t = 0 the negative log-likelihood of x0 in bins (Nichol & Dhariwal 2021, eq. 4 to 7; Ho et al. 2020,
 * eq. 13). output: [B, H, W, 2C], prediction and variance; x0, xt: [B, H, W, C]. Returns [B]. The mean is detached, so
 * that only the variance learns from it. With `pixelWeights` a sample's mean over its pixels is a weighted one. Throws RangeError for shapes or t that do not fit.
 *
 * @example const bits = variationalBound(schedule, outputs, x0, xt, t);
 */
export function variationalBound(
  schedule: Schedule,
  output: tf.Tensor,
  x0: tf.Tensor,
  xt: tf.Tensor,
  t: Timesteps,
  options: BoundOptions = {},
): tf.Tensor1D {
  requireOptions('variationalBound', options, boundOptionNames);
  const { predictionType = 'epsilon', binWidth = 2 / 255, pixelWeights } = options;
  requireTensor('variationalBound: x0', x0, '[B, H, W, C]');
  requireHalves('variationalBound', output, x0);
  requirePixelWeights('variationalBound', pixelWeights, x0);
  requireNumber('variationalBound: binWidth', binWidth, Number.MIN_VALUE);
  signalAndNoise('variationalBound', schedule, t, x0.shape[0]); // checks t
  return tf.tidy(() => {
    const [prediction, variance] = tf.split(output, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const frozen = detach(
      () => posteriorMean(schedule, predictXStart(schedule, predictionType, xt, prediction, t), xt, t),
      prediction,
    );
    const logVariance = learnedLogVariance(schedule, variance, t);
    const trueMean = posteriorMean(schedule, x0, xt, t);
    const trueLogVariance = perSample(Array.from(t, (step) => posteriorCoefficients(schedule, step).logVariance));
    const difference = tf.sub(logVariance, trueLogVariance);
    // KL of two normal distributions, halved once at the end.
    const kl = tf.add(
      tf.sub(tf.add(difference, tf.exp(tf.neg(difference))), 1),
      tf.mul(tf.square(tf.sub(trueMean, frozen)), tf.exp(tf.neg(logVariance))),
    );
    const likelihood = binLogLikelihood(x0, frozen, tf.mul(logVariance, 0.5), binWidth);
    const perElement = (values: tf.Tensor): tf.Tensor1D => meanOfSamples(values, pixelWeights);
    const atStart = tf.tensor1d(Array.from(t, (step) => (step === 0 ? 1 : 0)));
    const bits = tf.add(
      tf.mul(perElement(tf.mul(kl, 0.5)), tf.sub(1, atStart)),
      tf.mul(tf.neg(perElement(likelihood)), atStart),
    );
    return tf.div<tf.Tensor1D>(bits, Math.LN2);
  });
}

/**
 * The official MedSegDiff's loss for a learned variance: mean squared error plus the bound at weight `boundWeight`
 * (Nichol & Dhariwal 2021, eq. 16: 0.001 on the bound summed over T steps, which is T / 1000 on a step drawn evenly).
 * Arguments as {@link variationalBound}, and the noise in xt. Errors as there.
 *
 * @example const loss = hybridLoss(schedule, outputs, x0, noise, xt, t);
 */
export function hybridLoss(
  schedule: Schedule,
  output: tf.Tensor,
  x0: tf.Tensor,
  noise: tf.Tensor,
  xt: tf.Tensor,
  t: Timesteps,
  hybridOptions: HybridLossOptions = {},
): tf.Scalar {
  const { boundWeight, ...options } = requireHybrid(
    'hybridLoss',
    { schedule, output, x0, noise, xt, t },
    hybridOptions,
  );
  return tf.tidy(() => {
    const error = meanOverPixels(squaredError(schedule, output, x0, noise, t, options), options.pixelWeights);
    return tf.add<tf.Scalar>(
      error,
      tf.mul(tf.mean(variationalBound(schedule, output, x0, xt, t, options)), boundWeight),
    );
  });
}

/**
 * {@link hybridLoss} of each sample, [B], whose mean it is; for importance sampling of the times, and losses by time.
 * Arguments, options and errors as there.
 *
 * @example const losses = hybridLosses(schedule, outputs, x0, noise, xt, t);
 */
export function hybridLosses(
  schedule: Schedule,
  output: tf.Tensor,
  x0: tf.Tensor,
  noise: tf.Tensor,
  xt: tf.Tensor,
  t: Timesteps,
  hybridOptions: HybridLossOptions = {},
): tf.Tensor1D {
  const { boundWeight, ...options } = requireHybrid(
    'hybridLosses',
    { schedule, output, x0, noise, xt, t },
    hybridOptions,
  );
  return tf.tidy(() => {
    const errors = meanOfSamples(squaredError(schedule, output, x0, noise, t, options), options.pixelWeights);
    const bounds = variationalBound(schedule, output, x0, xt, t, options);
    return tf.add<tf.Tensor1D>(errors, tf.mul(bounds, boundWeight));
  });
}

/** The squared error of the prediction, [B, H, W, C]. */
function squaredError(
  schedule: Schedule,
  output: tf.Tensor,
  x0: tf.Tensor,
  noise: tf.Tensor,
  t: Timesteps,
  { predictionType = 'epsilon' }: BoundOptions,
): tf.Tensor {
  const prediction = tf.slice(output, [0, 0, 0, 0], x0.shape);
  return tf.square(tf.sub(prediction, trainingTarget(schedule, predictionType, x0, noise, t)));
}

/** Throws where arguments of a hybrid loss are none. Returns the options with their weight of the bound. */
function requireHybrid(
  who: string,
  given: Readonly<Record<'output' | 'x0' | 'noise' | 'xt', tf.Tensor>> & { schedule: Schedule; t: Timesteps },
  hybridOptions: HybridLossOptions,
): BoundOptions & { readonly boundWeight: number } {
  const { schedule, t, output, x0 } = given;
  requireObject(`${who}: schedule`, schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  for (const name of ['output', 'x0', 'noise', 'xt'] as const)
    requireTensor(`${who}: ${name}`, given[name], '[..., C]');
  requireList(`${who}: t`, t);
  requireOptions(who, hybridOptions, { ...boundOptionNames, boundWeight: true });
  const { boundWeight = schedule.steps / 1000, ...options } = hybridOptions;
  requireTensor(`${who}: x0`, x0, '[B, H, W, C]');
  requireHalves(who, output, x0);
  requireNumber(`${who}: boundWeight`, boundWeight, 0);
  return { ...options, boundWeight };
}

/** The value of `compute`, through which no gradient flows to `input`. */
function detach(compute: () => tf.Tensor4D, input: tf.Tensor4D): tf.Tensor4D {
  return tf.customGrad((x) => ({ value: compute(), gradFunc: () => tf.zerosLike(x as tf.Tensor4D) }))(
    input,
  ) as tf.Tensor4D;
}

/** log of the probability of the bin around x under a normal distribution; the outermost bins take the tails. */
function binLogLikelihood(x: tf.Tensor4D, mean: tf.Tensor4D, logScale: tf.Tensor, width: number): tf.Tensor {
  const centred = tf.sub(x, mean);
  const inverse = tf.exp(tf.neg(logScale));
  const above = normalCdf(tf.mul(inverse, tf.add(centred, width / 2)));
  const below = normalCdf(tf.mul(inverse, tf.sub(centred, width / 2)));
  const log = (p: tf.Tensor): tf.Tensor => tf.log(tf.maximum(p, 1e-12));
  const inside = log(tf.sub(above, below));
  const lowest = tf.cast(tf.less(x, -0.999), 'float32');
  const highest = tf.cast(tf.greater(x, 0.999), 'float32');
  const rest = tf.sub(tf.sub(1, lowest), highest);
  return tf.add(tf.add(tf.mul(lowest, log(above)), tf.mul(highest, log(tf.sub(1, below)))), tf.mul(rest, inside));
}

/** The normal distribution function, in the tanh form that the reference uses (Page 1977). */
function normalCdf(x: tf.Tensor): tf.Tensor {
  const cubic = tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715), 1));
  return tf.mul(tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1), 0.5);
}

function requireHalves(what: string, output: tf.Tensor, x0: tf.Tensor4D): void {
  const [batch, height, width, channels] = x0.shape;
  requireSameShape(`${what}: output (prediction and variance)`, output, {
    shape: [batch, height, width, 2 * channels],
  } as tf.Tensor);
}

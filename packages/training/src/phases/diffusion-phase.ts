import { minSnrWeights, type Network, type Schedule } from '@medseg/diffusion';
import { kindOf, type TensorTree, tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Draw, RecipePhase, StepData } from '../recipe.ts';
import { type DiffusionPhaseOptions, requireFit } from './diffusion-phase-options.ts';
import { LossAwareTimes } from './loss-aware-times.ts';
import { denoisingLoss, noisyMask, type Objective, predictedMask, timeOf, unknownMask } from './objective.ts';

/** What a step needs that no gradient goes through. */
type Prepared<C extends TensorTree> = {
  readonly x0: tf.Tensor4D;
  readonly noise: tf.Tensor4D;
  readonly x: tf.Tensor4D;
  readonly time: tf.Tensor1D;
  readonly previous: tf.Tensor4D | null;
  readonly condition: C | null;
};

/**
 * A phase that trains a denoiser: masks are noised to a time drawn evenly for each sample, and the network learns what its
 * `predictionType` says: noise, x_0, v (mean squared error; Ho et al. 2020, Salimans & Ho 2022), the velocity of the
 * straight path (Lipman et al. 2022), or the logits of the mask (squared error of the mask, a proper score). With
 * `learnedVariance` the loss is the hybrid one of Nichol & Dhariwal (2021, eq. 16). Where a pixel does not count, the noisy
 * mask is built from the condition's anchor, or from the middle of the mask's range, and not from the truth. Throws
 * TypeError or RangeError for options that do not fit the network.
 *
 * @example
 * const network = new Lucidrains({ imageSize: 64 });
 * const phase = diffusionPhase(network, { variables: network.variables(), schedule: cosineSchedule() });
 */
export function diffusionPhase<C extends TensorTree>(
  network: Network<C>,
  options: DiffusionPhaseOptions<C>,
): RecipePhase<Prepared<C>> {
  requireFit(network, options);
  const {
    name = 'denoiser',
    schedule,
    activation = 'sigmoid',
    frozenCondition = false,
    selfConditioning = 0,
    recycling = 0,
    weighting = 'none',
    minSnrGamma: gamma = 5,
    times = 'uniform',
    conditionDropout = 0,
    beside,
    ...phase
  } = options;
  const objective: Objective = { network, schedule, activation };
  const conditionOf = ({ images, draw, context }: StepData): C => {
    const { dropped } = draw as { dropped?: Int32Array };
    const condition = network.encode(
      dropped ? withoutDropped(images, dropped) : images,
      frozenCondition ? {} : context,
    );
    if (dropped) refuseAnchor('diffusionPhase: conditionDropout', network, condition);
    return condition;
  };
  const needsCondition = ({ draw, pixelWeights }: StepData): boolean =>
    frozenCondition || draw.self === 1 || draw.t2 !== undefined || pixelWeights !== undefined;
  /** The mask that the network predicts without having seen one. */
  const firstPrediction = (x: tf.Tensor4D, t: Int32Array, condition: C, { context }: StepData): tf.Tensor4D =>
    predictedMask(objective, x, network.denoise(x, timeOf(objective, t), condition, tf.zerosLike(x), context), t);
  return {
    name,
    ...phase,
    ...(times === 'loss-aware' && { memory: () => new LossAwareTimes(schedule.steps) }),
    draw: (count, size, random, memory) => {
      const isLossAware = memory instanceof LossAwareTimes;
      const drawn = isLossAware ? memory.draw(count, random) : undefined;
      const t = drawn?.t ?? Int32Array.from({ length: count }, () => random.integer(schedule.steps));
      const first = {
        t,
        noise: random.fillNormal(new Float32Array(count * size)),
        ...(weighting === 'min-snr' && { weights: minSnr(network, schedule, t, gamma) }),
        ...(drawn && { importance: drawn.weights }),
      };
      const dropped = (): Draw =>
        conditionDropout > 0
          ? { dropped: Int32Array.from({ length: count }, () => (random.uniform() < conditionDropout ? 1 : 0)) }
          : {};
      const chance = recycling > 0 || selfConditioning > 0 ? random.uniform() : 1;
      if (chance < selfConditioning) return { ...first, self: 1, ...dropped() };
      if (chance >= recycling) return { ...first, ...dropped() };
      const t2 = t.map((step) => step + random.integer(schedule.steps - step)); // noisier, or as noisy
      return { ...first, t2, noise2: random.fillNormal(new Float32Array(count * size)), ...dropped() };
    },
    prepare: (data) =>
      tidy((): Prepared<C> => {
        const { masks, pixelWeights, draw } = data;
        const [outside, inside] = network.maskRange;
        const [t, t2] = [draw.t as Int32Array, draw.t2 as Int32Array | undefined];
        const noiseOf = (values: unknown): tf.Tensor4D => tf.tensor4d(values as Float32Array, masks.shape);
        const condition = needsCondition(data) ? conditionOf(data) : null;
        const x0 = tf.add<tf.Tensor4D>(tf.mul(masks, inside - outside), outside);
        let start = x0;
        if (pixelWeights) start = knownOr(x0, unknownMask(objective, condition, x0), pixelWeights);
        if (t2) {
          const noisier = noisyMask(objective, start, noiseOf(draw.noise2), t2);
          start = tf.clipByValue(firstPrediction(noisier, t2, condition!, data), outside, inside);
        }
        const noise = noiseOf(draw.noise);
        const x = noisyMask(objective, start, noise, t);
        const previous = draw.self === 1 ? firstPrediction(x, t, condition!, data) : null;
        return { x0, noise, x, time: timeOf(objective, t), previous, condition: frozenCondition ? condition : null };
      }),
    loss: (data, { x0, noise, x, time, previous, condition: frozen }) =>
      tf.tidy(() => {
        const { draw, pixelWeights, context } = data;
        const t = draw.t as Int32Array;
        const condition = frozen ?? conditionOf(data);
        const output = network.denoise(x, time, condition, previous ?? undefined, context);
        const { weights, importance } = draw as { weights?: Float64Array; importance?: Float64Array };
        const { loss: error, losses } = denoisingLoss(
          objective,
          output,
          { x0, noise, x, t },
          {
            pixelWeights,
            weights,
            importance,
          },
        );
        data.noteLosses(losses);
        return beside ? tf.add<tf.Scalar>(error, scalarOf(beside(condition, data, t))) : error;
      }),
  };
}

/** The loss of `beside`, refused where no gradient would go through it. */
function scalarOf(loss: tf.Scalar): tf.Scalar {
  const { shape } = ((loss as unknown) instanceof tf.Tensor ? loss : {}) as Partial<tf.Tensor>;
  if (shape?.length === 0) return loss;
  const got = shape === undefined ? kindOf(loss) : `a tensor [${shape}]; take its mean`;
  throw new TypeError(`diffusionPhase: beside must return a scalar tensor, got ${got}`);
}

/** The known mask as far as a pixel counts, another in place of the rest. */
function knownOr(known: tf.Tensor4D, other: tf.Tensor, pixelWeights: tf.Tensor): tf.Tensor4D {
  return tf.add<tf.Tensor4D>(tf.mul(known, pixelWeights), tf.mul(other, tf.sub(1, pixelWeights)));
}

/** Weights of min-SNR; mask logits are a prediction of x_0. */
function minSnr(
  { predictionType }: Pick<Network, 'predictionType'>,
  schedule: Schedule,
  t: Int32Array,
  gamma: number,
): Float64Array {
  return minSnrWeights(schedule, predictionType === 'logits' ? 'sample' : (predictionType as 'epsilon'), t, { gamma });
}

/** Images with zeros in place of those that are dropped. */
function withoutDropped(images: tf.Tensor4D, dropped: Int32Array): tf.Tensor4D {
  const kept = Float32Array.from(dropped, (value) => 1 - value);
  return tf.tidy(() => tf.mul<tf.Tensor4D>(images, tf.tensor4d(kept, [kept.length, 1, 1, 1])));
}

/** Throws RangeError where a zero image would give the mask that the network's logits start from. */
function refuseAnchor(what: string, { predictionType }: Pick<Network, 'predictionType'>, condition: TensorTree): void {
  const { anchor } = (condition ?? {}) as { anchor?: unknown };
  if (predictionType !== 'logits' || !(anchor instanceof tf.Tensor)) return;
  throw new RangeError(
    `${what} needs a network whose mask logits do not start from an anchor, got one with anchor in its condition: a zero image has none`,
  );
}

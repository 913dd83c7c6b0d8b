import { normalTensor, requireNormalSource, requireTensor, tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NoiseLevel, NoiseSource, SamplingPlan, SchedulerState, StepResult } from './scheduler.ts';

/** What a method's own step is given: checked arguments, and noise on demand. */
interface StepInput {
  readonly index: number;
  readonly history: readonly tf.Tensor4D[];
  readonly output: tf.Tensor4D;
  readonly x: tf.Tensor4D;
  /** Draws noise of the sample's shape. */
  noise(): tf.Tensor4D;
}

/** What a method's own step returns; `history` may name tensors of the old history or of this step. */
interface StepOutput {
  readonly prev: tf.Tensor4D;
  readonly x0: tf.Tensor4D;
  readonly history?: readonly tf.Tensor4D[];
}

/** The parts of a plan that differ from method to method. */
export interface PlanParts {
  readonly name: string;
  readonly timesteps: ArrayLike<number>;
  readonly predictionType: SamplingPlan['predictionType'];
  readonly outputsPerChannel?: 1 | 2;
  readonly initialNoiseScale?: number;
  inputScale?(index: number): number;
  noiseLevel(index: number): NoiseLevel;
  step(input: StepInput): StepOutput;
}

/** Completes a method to a plan: defaults, checks of every argument, and ownership of every tensor. */
export function definePlan({
  name,
  timesteps,
  predictionType,
  outputsPerChannel = 1,
  initialNoiseScale = 1,
  inputScale = () => 1,
  noiseLevel,
  step,
}: PlanParts): SamplingPlan {
  const total = timesteps.length;
  const requireIndex = (index: number): void => {
    if (!Number.isInteger(index) || index < 0 || index >= total) {
      throw new RangeError(`${name}: this plan has the steps 0 to ${total - 1}, got ${index}`);
    }
  };
  return {
    timesteps: Array.from(timesteps),
    predictionType,
    outputsPerChannel,
    initialNoiseScale,
    inputScale: (index) => {
      requireIndex(index);
      return inputScale(index);
    },
    noiseLevel: (index) => {
      requireIndex(index);
      return noiseLevel(index);
    },
    start: () => ({ index: 0, history: [] }),
    step: (state: SchedulerState, output: tf.Tensor, x: tf.Tensor, random?: NoiseSource): StepResult => {
      requireIndex(state.index);
      requireTensor(`${name}: x`, x, '[B, H, W, C]');
      requireTensor(`${name}: the network's output`, output, '[B, H, W, C]');
      requireOutputShape(name, output, x, outputsPerChannel);
      const noise = (): tf.Tensor4D => drawNoise(name, x.shape, random);
      return tidy(() => {
        const { prev, x0, history = [] } = step({ index: state.index, history: state.history, output, x, noise });
        // A tensor that came in, or that is named twice, is copied: every tensor of the result has one owner.
        const taken = new Set<tf.Tensor>([output, x, ...state.history]);
        const own = (tensor: tf.Tensor4D): tf.Tensor4D => {
          const mine = taken.has(tensor) ? tf.clone(tensor) : tensor;
          taken.add(mine);
          return mine;
        };
        return {
          state: { index: state.index + 1, history: history.map(own) },
          prev: own(prev),
          x0: own(x0),
        };
      });
    },
  };
}

function requireOutputShape(name: string, output: tf.Tensor, x: tf.Tensor4D, outputsPerChannel: 1 | 2): void {
  const expected = [...x.shape.slice(0, 3), x.shape[3] * outputsPerChannel];
  if (output.shape.length !== 4 || expected.some((size, i) => size !== output.shape[i])) {
    const variance = outputsPerChannel === 2 ? ' (prediction and variance)' : '';
    throw new RangeError(
      `${name}: for a sample of shape [${x.shape}] the network's output must be [${expected}]${variance}, got [${output.shape}]`,
    );
  }
}

function drawNoise(name: string, shape: [number, number, number, number], random?: NoiseSource): tf.Tensor4D {
  if (random === undefined) throw new RangeError(`${name}: this step draws noise; pass random, got none`);
  requireNormalSource(`${name}: random`, random);
  return normalTensor<tf.Rank.R4>(random, shape);
}

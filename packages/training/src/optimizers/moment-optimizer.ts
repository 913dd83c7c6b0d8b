import { requireObject } from '@medseg/arguments';
import {
  type AdamWState,
  adamwEach,
  type OptionNames,
  requireOneOf,
  requireOptions,
  type AdamWOptions as StepOptions,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireNumber } from '../require-number.ts';
import { type ApplyOptions, applyOptionNames, type Decays, type Optimizer, TOGETHER } from './optimizer.ts';

/** Options of the optimisers that keep means of gradients and of their squares. */
export interface MomentOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  beta2?: number;
  /** Added to the root of the mean of squared gradients. Default 1e-8. */
  epsilon?: number;
}

export const momentOptionNames: OptionNames<MomentOptions> = { beta1: true, beta2: true, epsilon: true };

/** Options with their defaults, and the names that messages begin with. */
interface MomentSettings extends MomentOptions {
  readonly who: string;
  readonly weightDecay: number;
  readonly decays: Decays;
}

/** What AdamW and Adam have in common: the means, and weights that are updated some at a time. */
export abstract class MomentOptimizer implements Optimizer {
  abstract readonly kind: 'adamw' | 'adam';
  /** Means of the gradients by the variables' names; owned by this object. */
  readonly firstMoments: Map<string, tf.Tensor> = new Map();
  /** Means of the squared gradients by the variables' names; owned by this object. */
  readonly secondMoments: Map<string, tf.Tensor> = new Map();
  /** Both means, as a checkpoint names them. */
  readonly state: Readonly<Record<'moment1' | 'moment2', Map<string, tf.Tensor>>> = {
    moment1: this.firstMoments,
    moment2: this.secondMoments,
  };
  /** Steps done; the bias correction counts them. */
  step = 0;
  private readonly who: string;
  private readonly options: Omit<StepOptions, 'learningRate' | 'step'>;
  private readonly decaysAll: boolean;

  protected constructor(
    protected readonly variables: ReadonlyMap<string, tf.Variable>,
    { who, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay, decays }: MomentSettings,
  ) {
    requireObject(`${who}: variables`, variables, ['get', 'size']);
    requireNumber(`${who}: beta1`, beta1, { below: 1 });
    requireNumber(`${who}: beta2`, beta2, { below: 1 });
    requireNumber(`${who}: epsilon`, epsilon, {});
    requireNumber(`${who}: weightDecay`, weightDecay, {});
    requireOneOf(`${who}: decays`, decays, ['matrices', 'all']);
    this.who = who;
    this.options = { beta1, beta2, epsilon, weightDecay };
    this.decaysAll = decays === 'all';
    for (const [name, variable] of variables) {
      this.firstMoments.set(name, tf.keep(tf.zeros(variable.shape)));
      this.secondMoments.set(name, tf.keep(tf.zeros(variable.shape)));
    }
  }

  /**
   * Updates every variable from its gradient times `gradientScale`; the gradients stay the caller's. `updated` is called
   * whenever some more variables have their new values.
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, given: ApplyOptions = {}): void {
    requireOptions(`${this.who}.apply`, given, applyOptionNames);
    const { gradientScale = 1, updated = () => {} } = given;
    this.step++;
    const options = { ...this.options, learningRate, step: this.step, gradientScale };
    const names = [...this.variables.keys()];
    for (let from = 0; from < names.length; from += TOGETHER) {
      const some = names.slice(from, from + TOGETHER);
      for (const decays of [true, false]) {
        const alike = some.filter((name) => (this.decaysAll || this.variables.get(name)!.rank > 1) === decays);
        this.update(alike, gradients, decays ? options : { ...options, weightDecay: 0 });
      }
      updated();
    }
  }

  /** Updates some variables. */
  protected update(names: readonly string[], gradients: ReadonlyMap<string, tf.Tensor>, options: StepOptions): void {
    const states = names.map((name): AdamWState => {
      return {
        param: this.variables.get(name)!,
        grad: this.gradientOf(name, gradients),
        m: this.firstMoments.get(name)!,
        v: this.secondMoments.get(name)!,
      };
    });
    for (const [i, [updated, first, second]] of adamwEach(states, { ...options, reuse: true }).entries()) {
      const name = names[i]!;
      this.variables.get(name)!.assign(updated);
      updated.dispose();
      this.firstMoments.set(name, tf.keep(first));
      this.secondMoments.set(name, tf.keep(second));
    }
  }

  protected gradientOf(name: string, gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new RangeError(`${this.who}: no gradient for ${name}`);
    return gradient;
  }

  /** Disposes the means; the variables stay. */
  dispose(): void {
    for (const moments of [this.firstMoments, this.secondMoments]) {
      for (const moment of moments.values()) moment.dispose();
      moments.clear();
    }
  }
}

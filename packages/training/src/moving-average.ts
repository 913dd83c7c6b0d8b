import { requireObject } from '@medseg/arguments';
import { movingAverages, type OptionNames, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { copyTensor } from './copy-tensor.ts';

/** Decay of the moving average after n updates: min(limit, (1 + n) / (10 + n)), so that early weights are forgotten. */
export function averageDecay(updates: number, limit = 0.9999): number {
  return Math.min(limit, (1 + updates) / (10 + updates));
}

/** Options of {@link MovingAverage}. */
export interface MovingAverageOptions {
  /**
   * Whether the decay rises to its limit by {@link averageDecay}; otherwise it is the limit from the first update on, as
   * guided-diffusion's. Default true.
   */
  warmUp?: boolean;
}

const optionNames: OptionNames<MovingAverageOptions> = { warmUp: true };

/**
 * Exponential moving average of variables, with warm-up unless told otherwise (Polyak & Juditsky 1992; the warm-up as in
 * TensorFlow's).
 */
export class MovingAverage {
  private readonly shadows = new Map<string, tf.Tensor>();
  private readonly warmUp: boolean;
  /** Updates done; the decay rises with them. */
  updates = 0;

  /** `variables`: by name, as they stand the first average; `limit`: of the decay, which rises to it. Default 0.9999. */
  constructor(
    private readonly variables: ReadonlyMap<string, tf.Variable>,
    /** Upper limit of the decay. */
    readonly limit: number = 0.9999,
    options: MovingAverageOptions = {},
  ) {
    requireObject('MovingAverage: variables', variables, ['get', 'size']);
    requireOptions('MovingAverage', options, optionNames);
    this.warmUp = options.warmUp ?? true;
    for (const [name, variable] of variables) this.shadows.set(name, copyTensor(variable));
  }

  /** Moves every average towards its variable. */
  update(): void {
    const decay = this.warmUp ? averageDecay(this.updates, this.limit) : this.limit;
    this.updates++;
    const names = [...this.variables.keys()];
    const old = names.map((name) => this.shadows.get(name)!);
    const next = movingAverages(old, [...this.variables.values()], decay);
    for (const [i, name] of names.entries()) this.shadows.set(name, tf.keep(next[i]!));
    tf.dispose(old);
  }

  /** Exchanges the variables' values and the averages; call it again to undo. */
  swap(): void {
    for (const [name, variable] of this.variables) {
      const average = this.shadows.get(name)!;
      this.shadows.set(name, copyTensor(variable));
      variable.assign(average);
      average.dispose();
    }
  }

  /** The averages by name; they stay owned by this object. */
  values(): ReadonlyMap<string, tf.Tensor> {
    return this.shadows;
  }

  /** Sets one average to a copy of `value`. */
  set(name: string, value: tf.Tensor): void {
    this.shadows.get(name)?.dispose();
    this.shadows.set(name, copyTensor(value));
  }

  /** Disposes the averages; the variables stay. */
  dispose(): void {
    for (const shadow of this.shadows.values()) shadow.dispose();
    this.shadows.clear();
  }
}

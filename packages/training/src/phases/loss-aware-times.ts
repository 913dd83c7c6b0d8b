import {
  createLossHistory,
  type DrawnTimesteps,
  type LossHistory,
  lossSecondMomentTimesteps,
  recordLosses,
  type UniformSource,
} from '@medseg/diffusion';
import type { Draw, PhaseMemory } from '../recipe.ts';

/**
 * The last losses at each time, of which times are drawn in proportion to the root of the mean of their squares (Nichol &
 * Dhariwal 2021, eq. 18; guided-diffusion's LossSecondMomentResampler, with its 10 losses a time and share of 0.001 drawn
 * evenly).
 */
export class LossAwareTimes implements PhaseMemory {
  private history: LossHistory;

  constructor(private readonly steps: number) {
    this.history = createLossHistory(steps);
  }

  /** Draws a time for each of so many samples. */
  draw(count: number, random: UniformSource): DrawnTimesteps {
    return lossSecondMomentTimesteps(this.history, count, random);
  }

  note(draw: Draw, losses: Float32Array): void {
    this.history = recordLosses(this.history, draw.t as Int32Array, losses);
  }

  /** For each time the number of losses seen, up to the depth, and as many places as that for them. */
  save(): Float32Array {
    const { depth, losses } = this.history;
    const values = new Float32Array(this.steps * (depth + 1));
    for (const [t, seen] of losses.entries()) values.set([seen.length, ...seen], t * (depth + 1));
    return values;
  }

  accepts(values: Float32Array): boolean {
    const { depth } = this.history;
    if (values.length !== this.steps * (depth + 1)) return false;
    return values.every((value, i) => {
      if (i % (depth + 1) !== 0) return Number.isFinite(value);
      return Number.isInteger(value) && value >= 0 && value <= depth;
    });
  }

  load(values: Float32Array): void {
    const { depth } = this.history;
    const losses = Array.from({ length: this.steps }, (_, t) => {
      const start = t * (depth + 1);
      return [...values.subarray(start + 1, start + 1 + values[start]!)];
    });
    this.history = { depth, losses };
  }
}

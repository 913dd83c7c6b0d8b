import { requireObject } from '@medseg/arguments';
import { betaQuantile } from './beta-quantile.ts';
import { linspace } from './linear.ts';
import type { Schedule } from './schedule.ts';

/** How the noise levels of a sampler lie, in place of those of its timesteps. */
export type SigmaSpacing = 'karras' | 'exponential' | 'beta' | 'lu';

/**
 * sigma_t = sqrt((1 - a_t) / a_t), noise over signal, for every training step (Karras et al. 2022, appendix C.3.1).
 * A last step without any signal (zero terminal SNR) is taken as a_t = 2^-24, as diffusers does; with `single` each is
 * rounded to float32, as there.
 *
 * @example const sigmas = sigmaTable(linearSchedule()); // 0.01 to 157.4
 */
export function sigmaTable(schedule: Schedule, single = false): Float64Array {
  requireObject('sigmaTable: schedule', schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  const table = schedule.alphasCumprod.map((a) => {
    const alphaCumprod = a === 0 ? 2 ** -24 : a;
    return Math.sqrt((1 - alphaCumprod) / alphaCumprod);
  });
  return single ? table.map(Math.fround) : table;
}

/** The table's value at a fraction of a step, linear in between, held at the ends. */
export function interpolate(table: Float64Array, at: number): number {
  const top = table.length - 1;
  if (at <= 0) return table[0]!;
  if (at >= top) return table[top]!;
  const below = Math.floor(at);
  const weight = at - below;
  return table[below]! + weight * (table[below + 1]! - table[below]!);
}

/**
 * The fraction of a training step that has this sigma, linear in log sigma, held at the ends. With `single` the table's
 * logarithms are float32, as in diffusers: next to zero terminal SNR, where the table does not rise, the last bit decides.
 */
export function timestepOfSigma(table: Float64Array, sigma: number, single = false): number {
  const log = single ? (value: number): number => Math.fround(Math.log(value)) : Math.log;
  const target = Math.log(Math.max(sigma, 1e-10));
  let below = 0;
  for (let i = 0; i < table.length; i++) if (log(table[i]!) <= target) below = i;
  below = Math.min(below, table.length - 2);
  if (below < 0) return 0;
  const low = log(table[below]!);
  const high = log(table[below + 1]!);
  return below + Math.min(1, Math.max(0, (target - low) / (high - low)));
}

/**
 * `count` falling noise levels between two: `karras` by Karras et al. 2022, eq. 5 with rho 7; `exponential` and `lu`
 * evenly in log sigma (Lu et al. 2022a); `beta` by the quantiles of Beta(0.6, 0.6) (Lee et al. 2024).
 *
 * @example spacedSigmas('karras', 80, 0.002, 18);
 */
export function spacedSigmas(spacing: SigmaSpacing, largest: number, smallest: number, count: number): Float64Array {
  if (spacing === 'exponential' || spacing === 'lu')
    return linspace(Math.log(largest), Math.log(smallest), count).map(Math.exp);
  const ramp = linspace(0, 1, count);
  if (spacing === 'beta') return ramp.map((u) => smallest + betaQuantile(1 - u, 0.6, 0.6) * (largest - smallest));
  const rho = 7;
  const [from, to] = [largest ** (1 / rho), smallest ** (1 / rho)];
  return ramp.map((u) => (from + u * (to - from)) ** rho);
}

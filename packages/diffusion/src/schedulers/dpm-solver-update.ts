import { type PathPoint, samePoint } from './half-log-snr.ts';

/** Which equation is solved, in x0 (`++`) or in the noise, with (`sde-`) or without fresh noise. */
export type DpmAlgorithm = 'dpmsolver++' | 'dpmsolver' | 'sde-dpmsolver++' | 'sde-dpmsolver';

/** Weights of the next sample: of the present one, of the newest to oldest predictions, and of fresh noise. */
export interface DpmWeights {
  readonly x: number;
  readonly predictions: readonly number[];
  readonly noise: number;
}

/**
 * One multistep update of DPM-Solver++ (Lu et al. 2022b, eq. 9, algorithms 2 and 3; appendix B for the third order)
 * as weights. `points` are the target, then where the newest to oldest predictions were made: order + 1 of them.
 */
export function dpmWeights(algorithm: DpmAlgorithm, heun: boolean, points: readonly PathPoint[]): DpmWeights {
  const [target, now, before, earlier] = points as [PathPoint, PathPoint, PathPoint?, PathPoint?];
  if (samePoint(target, now)) return { x: 1, predictions: [0], noise: 0 };
  const h = target.lambda - now.lambda;
  const { x, noise, derivatives } = exponentialIntegrator(algorithm, heun && earlier === undefined, target, now, h);
  const [w0, w1, w2] = derivatives(earlier === undefined ? 2 : 3);
  if (before === undefined) return { x, predictions: [w0], noise };
  const r0 = (now.lambda - before.lambda) / h;
  if (earlier === undefined) return { x, predictions: [w0 + w1 / r0, -w1 / r0], noise };
  const r1 = (before.lambda - earlier.lambda) / h;
  // D1 = d0 + r0 / (r0 + r1) (d0 - d1) and D2 = (d0 - d1) / (r0 + r1), for d0 = (m0 - m1) / r0, d1 = (m1 - m2) / r1.
  const onD0 = w1 * (1 + r0 / (r0 + r1)) + w2 / (r0 + r1);
  const onD1 = -(w1 * r0 + w2) / (r0 + r1);
  return { x, predictions: [w0 + onD0 / r0, -onD0 / r0 + onD1 / r1, -onD1 / r1], noise };
}

interface Integrator {
  readonly x: number;
  readonly noise: number;
  /** Weights of the prediction and of its first two derivatives in lambda times h. */
  derivatives(order: 2 | 3): readonly [number, number, number];
}

function exponentialIntegrator(
  algorithm: DpmAlgorithm,
  heun: boolean,
  target: PathPoint,
  now: PathPoint,
  h: number,
): Integrator {
  const stochastic = algorithm.startsWith('sde-');
  if (algorithm.endsWith('++')) {
    // The stochastic form is the deterministic one with 2 h in place of h, but for the first factor of x.
    const g = stochastic ? 2 * h : h;
    const decay = -Math.expm1(-g);
    return {
      x: (target.noise / now.noise) * (stochastic ? Math.exp(-h) : 1),
      noise: stochastic ? target.noise * Math.sqrt(decay) : 0,
      derivatives: (order) => [
        target.signal * decay,
        order === 2 && !heun ? 0.5 * target.signal * decay : target.signal * (1 - decay / g),
        // The stochastic sign is that of diffusers; for the deterministic form it follows the paper.
        stochastic ? target.signal * ((decay - g) / (g * g) - 0.5) : target.signal * ((decay - g) / (g * g) + 0.5),
      ],
    };
  }
  const growth = Math.expm1(h);
  const factor = stochastic ? 2 : 1;
  return {
    x: target.signal / now.signal,
    noise: stochastic ? target.noise * Math.sqrt(Math.expm1(2 * h)) : 0,
    derivatives: (order) => [
      -factor * target.noise * growth,
      order === 2 && !heun ? -0.5 * factor * target.noise * growth : -factor * target.noise * (growth / h - 1),
      -target.noise * ((growth - h) / (h * h) - 0.5),
    ],
  };
}

import { type PathPoint, samePoint } from './half-log-snr.ts';

/** What the update is built for: predictions of x0 (or of noise), and B(h) = h or e^h - 1 (bh1, bh2 of the paper). */
export interface UniPcForm {
  readonly predictX0: boolean;
  readonly solverType: 'bh1' | 'bh2';
}

/** Weights of an update: of the starting sample, of the prediction at the target, of the newest to oldest ones before. */
export interface UniPcWeights {
  readonly x: number;
  readonly target: number;
  readonly predictions: readonly number[];
}

/**
 * One update of UniPC as weights (Zhao et al. 2023, eq. 3 and 9, algorithms 5 to 8): the predictor, or with
 * `correct` the corrector, which also knows the prediction at the target. `points` are the target, then where the
 * newest to oldest predictions were made, as many as the order.
 */
export function uniPcWeights(
  { predictX0, solverType }: UniPcForm,
  correct: boolean,
  [target, now, ...earlier]: readonly [PathPoint, PathPoint, ...PathPoint[]],
): UniPcWeights {
  const h = target.lambda - now.lambda;
  const order = earlier.length + 1;
  const x = predictX0 ? target.noise / now.noise : target.signal / now.signal;
  const scale = predictX0 ? target.signal : target.noise;
  if (samePoint(target, now)) return { x: 1, target: 0, predictions: [0] };
  const hh = predictX0 ? -h : h;
  const growth = Math.expm1(hh);
  const base: UniPcWeights = { x, target: 0, predictions: [-scale * growth] };
  if (order === 1 && !correct) return base;
  const b = solverType === 'bh1' ? hh : growth;
  const ratios = [...earlier.map((point) => (point.lambda - now.lambda) / h), 1];
  const rhos = correct ? correctorWeights(ratios, hh, b) : predictorWeights(ratios, hh, b);
  // Each difference (m_k - m_0) / r_k, and for the corrector (m_target - m_0), weighs -scale b rho.
  const onEarlier = earlier.map((_, k) => (-scale * b * rhos[k]!) / ratios[k]!);
  const onTarget = correct ? -scale * b * rhos[order - 1]! : 0;
  const onNow = -scale * growth - onEarlier.reduce((sum, weight) => sum + weight, 0) - onTarget;
  return { x, target: onTarget, predictions: [onNow, ...onEarlier] };
}

/** The paper takes 1/2 for the second order instead of solving (section 3.4). */
function predictorWeights(ratios: readonly number[], hh: number, b: number): number[] {
  if (ratios.length === 2) return [0.5];
  return solveMoments(ratios.slice(0, -1), hh, b);
}

function correctorWeights(ratios: readonly number[], hh: number, b: number): number[] {
  return ratios.length === 1 ? [0.5] : solveMoments(ratios, hh, b);
}

/** Solves sum_k r_k^(i - 1) rho_k = i! phi_(i + 1)(hh) hh / b for i = 1..n (eq. 9). */
function solveMoments(ratios: readonly number[], hh: number, b: number): number[] {
  const right: number[] = [];
  let phi = Math.expm1(hh) / hh - 1;
  let factorial = 1;
  for (let i = 1; i <= ratios.length; i++) {
    right.push((phi * factorial) / b);
    factorial *= i + 1;
    phi = phi / hh - 1 / factorial;
  }
  return solveLinear(
    ratios.map((_, i) => ratios.map((r) => r ** i)),
    right,
  );
}

/** Gaussian elimination with partial pivoting, for the two or three unknowns there are. */
function solveLinear(matrix: readonly number[][], right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[pivot]![c]!)) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!];
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = rows[r]![c]! / rows[c]![c]!;
      for (let k = c; k <= n; k++) rows[r]![k]! -= factor * rows[c]![k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

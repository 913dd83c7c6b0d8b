import { requireList } from '@medseg/arguments';
import type { NumberArray } from '../arrays.ts';

/** A risk-coverage curve and the areas that sum it up. */
export interface RiskCoverage {
  /** Share of cases kept, ascending to 1. */
  readonly coverage: Float64Array;
  /** Mean loss of the cases kept. */
  readonly risk: Float64Array;
  /** Area under the curve: the mean risk over all coverages. */
  readonly aurc: number;
  /** How far the area lies above that of the best ordering, which keeps the smallest losses first. */
  readonly excess: number;
}

/**
 * Risk-coverage curve: the mean loss that remains when only the most confident cases are kept (El-Yaniv & Wiener 2010;
 * the areas as Geifman et al. 2019).
 *
 * confidence, loss: one finite number for each case (or pixel), such as minus the mean entropy, and 1 - Dice. Cases of
 * equal confidence are kept together, so that the curve does not depend on their order. Throws RangeError when lengths
 * differ, there is no case or a value is not finite.
 *
 * @example riskCoverage([0.9, 0.2], [0.05, 0.4]).aurc // (0.05 + 0.225) / 2
 */
export function riskCoverage(
  confidence: NumberArray | readonly number[],
  loss: NumberArray | readonly number[],
): RiskCoverage {
  requireList('riskCoverage: confidence', confidence);
  requireList('riskCoverage: loss', loss);
  if (confidence.length !== loss.length) {
    throw new RangeError(
      `riskCoverage: confidence and loss must have one value for each case, got ${confidence.length} and ${loss.length}`,
    );
  }
  if (loss.length === 0) throw new RangeError('riskCoverage: needs at least one case, got none');
  for (let i = 0; i < loss.length; i++) {
    if (!Number.isFinite(confidence[i]!)) {
      throw new RangeError(`riskCoverage: confidence[${i}] is ${confidence[i]}; values are finite`);
    }
    if (!Number.isFinite(loss[i]!)) throw new RangeError(`riskCoverage: loss[${i}] is ${loss[i]}; values are finite`);
  }
  const order = Uint32Array.from(loss.keys()).sort((a, b) => confidence[b]! - confidence[a]!);
  const count = order.length;
  const coverage = new Float64Array(count);
  const risk = new Float64Array(count);
  let sum = 0;
  for (let start = 0; start < count; ) {
    let end = start;
    let tied = 0;
    while (end < count && confidence[order[end]!] === confidence[order[start]!]) tied += loss[order[end++]!]!;
    const mean = tied / (end - start);
    for (let i = start; i < end; i++) {
      sum += mean;
      coverage[i] = (i + 1) / count;
      risk[i] = sum / (i + 1);
    }
    start = end;
  }
  let best = 0;
  let reached = 0;
  for (const [i, value] of Float64Array.from(loss).sort().entries()) {
    reached += value;
    best += reached / (i + 1);
  }
  const aurc = risk.reduce((a, b) => a + b, 0) / count;
  return { coverage, risk, aurc, excess: aurc - best / count };
}

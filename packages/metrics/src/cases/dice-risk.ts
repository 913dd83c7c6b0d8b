import { requireList } from '@medseg/arguments';
import { type RiskCoverage, riskCoverage } from '../calibration/risk-coverage.ts';
import { type MethodKey, methodsOf } from './methods.ts';
import type { CaseScores } from './scores.ts';

/**
 * Risk (1 - Dice) of a method against the share of cases kept when the least confident are handed to a reader.
 *
 * Throws RangeError when a case has no scores of the method, or there is no case.
 *
 * @example diceRisk(results, 'ensemble').aurc
 */
export function diceRisk(results: readonly CaseScores[], method: Exclude<MethodKey, 'otsu'>): RiskCoverage {
  requireList('diceRisk: results', results);
  const found = methodsOf(results).find(({ key }) => key === method);
  if (!found) throw new RangeError(`diceRisk: every case must have scores of the method, got none of '${method}'`);
  const scores = results.map((result) => found.scoresOf(result)!);
  return riskCoverage(
    scores.map(({ confidence }) => confidence!),
    scores.map(({ dice }) => 1 - dice),
  );
}

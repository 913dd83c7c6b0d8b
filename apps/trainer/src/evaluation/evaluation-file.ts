import { readFileSync } from 'node:fs';
import { type RiskCoverage, riskCoverage } from '@medseg/metrics';
import { z } from 'zod';
import { UserError } from '../user-error.ts';
import { calibrationError, poolBins } from './calibration.ts';
import { type LengthUnit, methodsOf } from './metrics.ts';
import type { CaseResult } from './score-case.ts';
import type { CaseScores } from './scores.ts';
import { CONFIDENCE, type Summary } from './summary.ts';

/** How an evaluation was made. */
export interface EvaluationInfo {
  readonly run: string;
  readonly data: string;
  readonly split: string;
  readonly steps: number;
  readonly members: number;
  readonly seed: number;
  readonly unit: LengthUnit;
  /** Patients that the run has learned from. */
  readonly trainedOn: readonly string[];
}

/** What `evaluate --json` writes; NaN and infinities become null. */
export function evaluationJson(info: EvaluationInfo, results: readonly CaseResult[], summary: Summary): string {
  const { ensemble, ...baselines } = summary;
  const means = (metrics: Summary['ensemble']): Record<string, number> =>
    Object.fromEntries(Object.entries(metrics).map(([key, { estimate }]) => [key, estimate]));
  const withProbabilities = (['ensemble', 'anchor'] as const).filter((method) => summary[method] !== undefined);
  const report = {
    ...info,
    mean: {
      ...means(ensemble),
      ...Object.fromEntries(Object.entries(baselines).map(([method, metrics]) => [method, means(metrics)])),
    },
    intervals: { confidence: CONFIDENCE, by: 'patient', ...summary },
    calibration: Object.fromEntries(
      withProbabilities.map((method) => {
        const bins = poolBins(results.map(({ reliability }) => reliability[method]!));
        return [method, { ece: calibrationError(bins), bins }];
      }),
    ),
    riskCoverage: Object.fromEntries(
      withProbabilities.map((method) => {
        const { aurc, excess } = diceRisk(results, method);
        return [method, { aurc, excess }];
      }),
    ),
    images: results.map(({ reliability, ...scores }) => scores),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Risk (1 - Dice) of a method that the results have against the share of images kept when the least confident are handed to a reader. */
export function diceRisk(results: readonly CaseScores[], method: 'ensemble' | 'anchor'): RiskCoverage {
  const { scoresOf } = methodsOf(results).find(({ key }) => key === method)!;
  const scores = results.map((result) => scoresOf(result)!);
  return riskCoverage(
    scores.map(({ confidence }) => confidence!),
    scores.map(({ dice }) => 1 - dice),
  );
}

const value = z
  .number()
  .nullable()
  .transform((v) => v ?? Number.NaN);
const maskScores = {
  dice: value,
  iou: value,
  hausdorff95: value,
  assd: value,
  sensitivity: value,
  precision: value,
  area: z.number(),
};
const probabilityScores = { ...maskScores, ece: value, confidence: z.number() };
const evaluationSchema = z.object({
  run: z.string(),
  split: z.string(),
  unit: z.enum(['px', 'mm']),
  trainedOn: z.array(z.string()),
  images: z
    .array(
      z.object({
        id: z.string(),
        patient: z.string(),
        trueArea: z.number(),
        ...probabilityScores,
        anchor: z.object(probabilityScores).optional(),
        otsu: z.object(maskScores).optional(),
      }),
    )
    .min(1),
});

export type Evaluation = z.output<typeof evaluationSchema>;

/** Reads what `evaluate --json` wrote. Throws UserError where it is something else. */
export function readEvaluation(file: string): Evaluation {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(code === undefined ? `${file}: not valid JSON` : `${file}: cannot be read (${code})`);
  }
  const result = evaluationSchema.safeParse(parsed);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    const field = path.join('.') || 'the whole';
    throw new UserError(`${file}: not written by this version of medseg evaluate --json: ${field}: ${message}`);
  }
  return result.data;
}

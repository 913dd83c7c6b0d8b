import { requireList, requireObject } from '@medseg/arguments';
import {
  type AnnotatorSummary,
  type CaseResult,
  calibrationError,
  diceRisk,
  INTERVAL_CONFIDENCE,
  type LengthUnit,
  type MapMetric,
  type MaskMetric,
  METRICS,
  type MetricMeans,
  poolBins,
  type ResultsSummary,
} from '@medseg/metrics';
import { z } from 'zod';
import { RunError } from '../errors.ts';

/** How an evaluation was made. */
export interface EvaluationInfo {
  /** Where the run is. */
  readonly run: string;
  /** Where the data are. */
  readonly data: string;
  /** Part of the data that was evaluated: validation, test or all. */
  readonly split: string;
  /** Sampling steps. */
  readonly steps: number;
  /** Members of the ensemble. */
  readonly members: number;
  /** 'anchor' where the anchor head was scored alone. */
  readonly method?: 'anchor' | undefined;
  /** How the members became the mask: mean, majority or staple. Absent where nobody chose; it is the mean then. */
  readonly fuse?: string | undefined;
  /** Seed of the noise. */
  readonly seed: number;
  /** Unit of distances. */
  readonly unit: LengthUnit;
  /** Patients that the run has learned from. */
  readonly trainedOn: readonly string[];
}

/**
 * What `evaluate --json` writes; NaN and infinities become null. In `intervals`, `missing` counts the values that a mean
 * leaves out, by the reason; of several classes each has one. `annotators` has the means against several annotators.
 */
export function evaluationJson(
  info: EvaluationInfo,
  results: readonly CaseResult[],
  summary: ResultsSummary,
  annotators?: AnnotatorSummary,
): string {
  requireObject('evaluationJson: info', info, ['run', 'data', 'split', 'steps']);
  requireList('evaluationJson: results', results);
  requireObject('evaluationJson: summary', summary, []);
  const { ensemble, ...baselines } = summary;
  const means = (metrics: MetricMeans): Record<string, number> =>
    Object.fromEntries(Object.entries(metrics).map(([key, { estimate }]) => [key, estimate]));
  const withProbabilities = (['ensemble', 'anchor'] as const).filter((method) => summary[method] !== undefined);
  const report = {
    ...info,
    mean: {
      ...(ensemble && means(ensemble)),
      ...Object.fromEntries(Object.entries(baselines).map(([method, metrics]) => [method, means(metrics)])),
    },
    intervals: { confidence: INTERVAL_CONFIDENCE, by: 'patient', ...summary },
    ...(annotators && { annotators }),
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

const value = z
  .number()
  .nullable()
  .transform((v) => v ?? Number.NaN);
const maskScores = { ...valuesOf('mask'), area: z.number() };
const probabilityScores = { ...maskScores, ...valuesOf('map'), confidence: z.number() };
const annotatorScores = z.object({ samples: z.number(), annotatorDice: value, ged: value, hungarianIou: value });
const withBaseline = {
  ...probabilityScores,
  trueArea: z.number(),
  anchor: z.object(probabilityScores).optional(),
  annotators: z
    .object({ count: z.number(), ensemble: annotatorScores.optional(), anchor: annotatorScores.optional() })
    .optional(),
};
const evaluationSchema = z.object({
  run: z.string(),
  split: z.string(),
  unit: z.enum(['px', 'mm']),
  fuse: z.string().optional(),
  /** How masks were drawn; absent from files of earlier versions. */
  steps: z.number().optional(),
  members: z.number().optional(),
  method: z.literal('anchor').optional(),
  trainedOn: z.array(z.string()),
  images: z
    .array(
      z.object({
        id: z.string(),
        patient: z.string(),
        ...withBaseline,
        method: z.literal('anchor').optional(),
        otsu: z.object(maskScores).optional(),
        classes: z.array(z.object({ name: z.string(), ...withBaseline })).optional(),
      }),
    )
    .min(1),
});

/** What `evaluate --json` has written, as {@link parseEvaluation} reads it. */
export type Evaluation = z.output<typeof evaluationSchema>;

/** A value for each metric of a kind. */
function valuesOf<Kind extends 'mask' | 'map'>(
  kind: Kind,
): Record<Kind extends 'mask' ? MaskMetric['key'] : MapMetric['key'], typeof value> {
  const entries = METRICS.filter((metric) => metric.of === kind).map(({ key }) => [key, value]);
  return Object.fromEntries(entries);
}

/** Reads what `evaluate --json` wrote. Throws RunError that names the file where it is something else. */
export function parseEvaluation(text: string, file: string): Evaluation {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new RunError(`${file}: not valid JSON`);
  }
  const result = evaluationSchema.safeParse(parsed);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    const field = path.join('.') || 'the whole';
    throw new RunError(`${file}: not written by this version of medseg evaluate --json: ${field}: ${message}`);
  }
  return result.data;
}

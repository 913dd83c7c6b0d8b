import type { Case } from '@medseg/datasets';
import type { CaseScores, MaskScores, ProbabilityScores, Spacing } from './scores.ts';

/** Name of a metric as the JSON and CSV files have it. */
export type MetricKey = 'dice' | 'iou' | 'hausdorff95' | 'assd' | 'sensitivity' | 'precision' | 'ece';

/** A metric that tables and comparisons show. */
export interface Metric {
  readonly key: MetricKey;
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** A length, in pixels or millimetres. */
  readonly distance?: true;
  /** Digits that tables print after the point. */
  readonly digits: number;
}

export const METRICS: readonly Metric[] = [
  { key: 'dice', name: 'Dice', better: 'higher', digits: 3 },
  { key: 'iou', name: 'IoU', better: 'higher', digits: 3 },
  { key: 'hausdorff95', name: 'Hausdorff 95', better: 'lower', distance: true, digits: 2 },
  { key: 'assd', name: 'ASSD', better: 'lower', distance: true, digits: 2 },
  { key: 'sensitivity', name: 'sensitivity', better: 'higher', digits: 3 },
  { key: 'precision', name: 'precision', better: 'higher', digits: 3 },
  { key: 'ece', name: 'ECE', better: 'lower', digits: 4 },
];

/** Name of a method as the JSON and CSV files have it. */
export type MethodKey = 'ensemble' | 'anchor' | 'otsu';

/** A way to make masks that is scored. */
export interface Method {
  readonly key: MethodKey;
  readonly name: string;
  scoresOf(result: CaseScores): (MaskScores & Partial<ProbabilityScores>) | undefined;
}

/** What is compared: the model and its baselines. */
const METHODS: readonly Method[] = [
  { key: 'ensemble', name: 'diffusion ensemble', scoresOf: (result) => result },
  { key: 'anchor', name: 'anchor head alone', scoresOf: (result) => result.anchor },
  { key: 'otsu', name: 'Otsu threshold', scoresOf: (result) => result.otsu },
];

/** The methods that all of some results have scores of. */
export function methodsOf(results: readonly CaseScores[]): readonly Method[] {
  return METHODS.filter(({ scoresOf }) => results.every((result) => scoresOf(result) !== undefined));
}

/** The name of a method as people read it. */
export function methodName(key: MethodKey): string {
  return METHODS.find((method) => method.key === key)!.name;
}

/** Unit of lengths: millimetres where the spacing is known. */
export type LengthUnit = 'px' | 'mm';

export function unitOf(cases: readonly Case[], spacing: Spacing | undefined): LengthUnit {
  return spacing || cases.every(({ facts }) => facts?.spacing) ? 'mm' : 'px';
}

/** What cases are called: images or volumes. */
export function nounOf(cases: readonly Case[]): string {
  return cases.every(({ facts }) => facts && facts.size.length === 3 && facts.size[2] > 1) ? 'volumes' : 'images';
}

/** The metric's name with its unit. */
export function titleOf({ name, distance }: Metric, unit: LengthUnit): string {
  return distance ? `${name} (${unit})` : name;
}

/** A value as tables print it; a dash where there is none. */
export function formatValue({ digits }: Pick<Metric, 'digits'>, value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}

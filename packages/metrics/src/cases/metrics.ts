import { calibrationError } from '../calibration/calibration.ts';
import { precision, sensitivity } from '../overlap/confusion-metrics.ts';
import { diceOf, iouOf } from '../overlap/overlap.ts';
import { averageSymmetricSurfaceDistance, hausdorff } from '../surface/surface-metrics.ts';
import type { MapComparison, MaskComparison } from './mask-comparison.ts';

/** What tables and files say about a metric, and how it is computed. */
interface Definition<Comparison> {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** Digits that tables print after the point. */
  readonly digits: number;
  /** Whether it is a length, in pixels or millimetres. */
  readonly distance?: true;
  /** Whether the table of classes shows it. */
  readonly byClass?: true;
  /** NaN where the metric has no value. */
  readonly value: (comparison: Comparison) => number;
}

// Only these two tables name the scored metrics: files, tables and pages follow them, in their order. To score one more,
// add its entry here.

/** Metrics of a mask. */
const MASK_METRICS = {
  dice: {
    name: 'Dice',
    better: 'higher',
    digits: 3,
    byClass: true,
    value: (m: MaskComparison): number => diceOf(m.counts),
  },
  iou: {
    name: 'IoU',
    better: 'higher',
    digits: 3,
    byClass: true,
    value: (m: MaskComparison): number => iouOf(m.counts),
  },
  hausdorff95: {
    name: 'Hausdorff 95',
    better: 'lower',
    digits: 2,
    distance: true,
    byClass: true,
    value: (m: MaskComparison): number => hausdorff(m.surfaces, { percentile: 95 }),
  },
  assd: {
    name: 'ASSD',
    better: 'lower',
    digits: 2,
    distance: true,
    value: (m: MaskComparison): number => finite(averageSymmetricSurfaceDistance(m.surfaces)),
  },
  sensitivity: {
    name: 'sensitivity',
    better: 'higher',
    digits: 3,
    value: (m: MaskComparison): number => sensitivity(m.counts),
  },
  precision: {
    name: 'precision',
    better: 'higher',
    digits: 3,
    value: (m: MaskComparison): number => precision(m.counts),
  },
} as const;

/** Metrics of a map of probabilities. */
const MAP_METRICS = {
  ece: { name: 'ECE', better: 'lower', digits: 4, value: (m: MapComparison): number => calibrationError(m.bins) },
} as const;

/** Key of a metric of masks, as files have it. */
export type MaskMetricKey = keyof typeof MASK_METRICS;
/** Key of a metric of probability maps, as files have it. */
export type MapMetricKey = keyof typeof MAP_METRICS;
/** Key of a scored metric, as files have it. */
export type MetricKey = MaskMetricKey | MapMetricKey;

/** A metric that every mask of a case is scored with. */
export interface MaskMetric extends Definition<MaskComparison> {
  /** Its name in scores and files. */
  readonly key: MaskMetricKey;
  readonly of: 'mask';
}

/** A metric that every probability map of a case is scored with. */
export interface MapMetric extends Definition<MapComparison> {
  /** Its name in scores and files. */
  readonly key: MapMetricKey;
  readonly of: 'map';
}

/** A metric that cases are scored with. */
export type Metric = MaskMetric | MapMetric;

/** The metrics of masks, in the order of tables and files. */
export const MASK_METRIC_LIST: readonly MaskMetric[] = keysOf(MASK_METRICS).map((key) => ({
  key,
  of: 'mask',
  ...MASK_METRICS[key],
}));

/** The metrics of probability maps, in the order of tables and files. */
export const MAP_METRIC_LIST: readonly MapMetric[] = keysOf(MAP_METRICS).map((key) => ({
  key,
  of: 'map',
  ...MAP_METRICS[key],
}));

/**
 * The metrics that every case is scored with, in the order of tables and files.
 *
 * @example METRICS.map(({ key }) => key) // ['dice', 'iou', …, 'ece']
 */
export const METRICS: readonly Metric[] = [...MASK_METRIC_LIST, ...MAP_METRIC_LIST];

function keysOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}

/** The average distance of one empty mask is infinite; it has no place in a mean (MONAI leaves it out and counts it). */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

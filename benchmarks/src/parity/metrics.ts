import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as m from '@medseg/metrics';
import type { ParityLine } from './line.ts';
import { readSafetensors, type StoredArray } from './safetensors.ts';

/** A reference value; what JSON cannot hold is spelt: nan, inf, or `error: X` where the library refuses. */
type Reference = number | string | number[];

interface Pair {
  readonly name: string;
  readonly shape: number[];
  readonly spacing: number[];
  readonly values: Record<string, Reference>;
}

interface StapleRun {
  readonly name: string;
  readonly raters: number;
  readonly confidence_weight: number;
  readonly sensitivity: number[];
  readonly specificity: number[];
}

interface Fixture {
  readonly arrays: string;
  readonly cases: Pair[];
  readonly staple: StapleRun[];
  readonly multiclass: Record<string, number | number[]> & { readonly classes: number };
}

/** MONAI computes in float32, the others in float64. */
const FLOAT32 = 1e-5;
const FLOAT64 = 1e-6;

/** MONAI adds two float32 ratios and takes 1 away: the reference itself is off by a rounding at 1, whatever is left. */
const DIFFERENCES = new Set(['monai.informedness', 'monai.markedness']);

/** Every value of each library in a fixture of mask pairs, reached by the metric with that library's definition. */
export function* checkMetrics(fixtures: string): Generator<ParityLine> {
  for (const file of readdirSync(fixtures).sort()) {
    if (!file.endsWith('.json')) continue;
    const fixture = JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as Partial<Fixture>;
    if (!fixture.arrays || !Array.isArray(fixture.cases) || !Array.isArray(fixture.staple)) continue;
    const arrays = readSafetensors(join(fixtures, fixture.arrays));
    const label = file.replace(/\.json$/, '');
    for (const pair of fixture.cases) yield* checkPair(label, pair, arrays);
    for (const run of fixture.staple) yield* checkStaple(label, run, arrays);
    if (fixture.multiclass) yield* checkClasses(label, fixture as Fixture, arrays);
  }
}

function array(arrays: Map<string, StoredArray>, name: string): StoredArray {
  const found = arrays.get(name);
  if (!found) throw new Error(`parity: the fixture has no array ${name}`);
  return found;
}

function* checkPair(label: string, pair: Pair, arrays: Map<string, StoredArray>): Generator<ParityLine> {
  const prediction = array(arrays, `${pair.name}.prediction`).data;
  const truth = array(arrays, `${pair.name}.reference`).data;
  for (const [key, reference] of Object.entries(pair.values)) {
    const { shape, spacing } = pair;
    const ours = ourValue(key, prediction, truth, { shape, spacing });
    const tolerance = key.startsWith('confusion') ? 0 : key.startsWith('monai.') ? FLOAT32 : FLOAT64;
    const rounding = DIFFERENCES.has(key) ? 2 ** -23 : 0;
    yield { name: `${label} ${pair.name} ${key}`, error: relativeError(ours, reference, rounding), tolerance };
  }
}

const family: Record<string, (counts: m.Confusion) => number> = {
  sensitivity: m.sensitivity,
  specificity: m.specificity,
  precision: m.precision,
  negative_predictive_value: m.negativePredictiveValue,
  miss_rate: m.missRate,
  fall_out: m.fallOut,
  false_discovery_rate: m.falseDiscoveryRate,
  false_omission_rate: m.falseOmissionRate,
  prevalence_threshold: m.prevalenceThreshold,
  threat_score: m.threatScore,
  accuracy: m.accuracy,
  balanced_accuracy: m.balancedAccuracy,
  f1_score: m.fBeta,
  matthews_correlation_coefficient: m.matthewsCorrelation,
  fowlkes_mallows_index: m.fowlkesMallows,
  informedness: m.informedness,
  markedness: m.markedness,
};

/** Our value for a key such as `monai.hausdorff95_symmetric`; undefined for a key that we do not know. */
function ourValue(key: string, prediction: m.Mask, truth: m.Mask, grid: m.Grid): number | number[] | undefined {
  if (key === 'confusion_tp_fp_tn_fn') {
    const c = m.confusion(prediction, truth);
    return [c.truePositives, c.falsePositives, c.trueNegatives, c.falseNegatives];
  }
  const [library, name = ''] = key.split('.', 1).concat(key.slice(key.indexOf('.') + 1));
  if (library === 'scipy') {
    const distances = m.distanceTransform(prediction, grid);
    if (name === 'edt_to_prediction_sum') return distances.reduce((a, b) => a + b, 0);
    if (name === 'edt_to_prediction_max') return distances.reduce((a, b) => Math.max(a, b), 0);
    return undefined;
  }
  if (library === 'monai') return monai(name, prediction, truth, grid);
  if (library === 'medpy') return medpy(name, prediction, truth, grid);
  if (library === 'surface_distance') return deepmind(name, prediction, truth, grid);
  return undefined;
}

function monai(name: string, prediction: m.Mask, truth: m.Mask, grid: m.Grid): number | undefined {
  if (name === 'dice') return m.dice(prediction, truth, { empty: 'ignore' });
  if (name === 'dice_ignore_empty_false') return m.dice(prediction, truth, { empty: 'one' });
  if (name === 'iou') return m.iou(prediction, truth, { empty: 'ignore' });
  const ratio = family[name];
  if (ratio) return ratio(m.confusion(prediction, truth));
  const surfaces = m.surfaceDistances(prediction, truth, { ...grid, definition: 'monai' });
  if (name === 'asd') return m.averageSurfaceDistance(surfaces);
  if (name === 'assd') return m.averageSymmetricSurfaceDistance(surfaces);
  const worst = /^hausdorff([\d.]*)_(symmetric|directed)$/.exec(name);
  if (worst) {
    const direction = worst[2] === 'directed' ? 'prediction-to-truth' : 'both';
    return m.hausdorff(surfaces, { percentile: Number(worst[1] || 100), direction });
  }
  const tolerance = /^nsd_([\d.]+)$/.exec(name);
  return tolerance ? m.surfaceDice(surfaces, { tolerance: Number(tolerance[1]) }) : undefined;
}

function medpy(name: string, prediction: m.Mask, truth: m.Mask, grid: m.Grid): number | undefined {
  if (name === 'dc') return m.dice(prediction, truth, { empty: 'nan' });
  if (name === 'jc') return m.iou(prediction, truth, { empty: 'one' });
  if (name === 'ravd') return m.relativeVolumeDifference(m.confusion(prediction, truth));
  const surfaces = m.surfaceDistances(prediction, truth, { ...grid, definition: 'medpy' });
  if (name === 'asd') return m.averageSurfaceDistance(surfaces);
  if (name === 'assd') return m.averageSymmetricSurfaceDistance(surfaces);
  const worst = /^hd([\d.]*)$/.exec(name);
  return worst ? m.hausdorff(surfaces, { percentile: Number(worst[1] || 100) }) : undefined;
}

function deepmind(name: string, prediction: m.Mask, truth: m.Mask, grid: m.Grid): number | undefined {
  const surfaces = m.surfaceDistances(prediction, truth, { ...grid, definition: 'surface-distance' });
  if (name === 'average_gt_to_pred') return m.averageSurfaceDistance(surfaces, { direction: 'truth-to-prediction' });
  if (name === 'average_pred_to_gt') return m.averageSurfaceDistance(surfaces);
  const worst = /^robust_hausdorff_([\d.]+)$/.exec(name);
  if (worst) return m.hausdorff(surfaces, { percentile: Number(worst[1]) });
  const tolerance = /^surface_dice_([\d.]+)mm$/.exec(name);
  return tolerance ? m.surfaceDice(surfaces, { tolerance: Number(tolerance[1]) }) : undefined;
}

function* checkStaple(label: string, run: StapleRun, arrays: Map<string, StoredArray>): Generator<ParityLine> {
  const raters = array(arrays, `${run.name}.raters`).data;
  const size = raters.length / run.raters;
  const members = Array.from({ length: run.raters }, (_, j) => raters.subarray(j * size, (j + 1) * size));
  const ours = m.staple(members, { confidenceWeight: run.confidence_weight });
  const name = `${label} ${run.name}`;
  const probability = array(arrays, `${run.name}.probability`).data;
  yield { name: `${name} probability`, error: largestDifference(ours.probability, probability), tolerance: 1e-4 };
  yield { name: `${name} sensitivity`, error: largestDifference(ours.sensitivity, run.sensitivity), tolerance: 1e-3 };
  yield { name: `${name} specificity`, error: largestDifference(ours.specificity, run.specificity), tolerance: 1e-3 };
}

function* checkClasses(
  label: string,
  { multiclass }: Fixture,
  arrays: Map<string, StoredArray>,
): Generator<ParityLine> {
  const { data: prediction, shape } = array(arrays, 'multiclass.prediction');
  const truth = array(arrays, 'multiclass.reference').data;
  const each = (metric: (prediction: Uint8Array, truth: Uint8Array) => number): number[] =>
    m.perClass(metric, prediction, truth, { classes: multiclass.classes });
  for (const [key, reference] of Object.entries(multiclass)) {
    if (key === 'classes') continue;
    const percentile = /^hausdorff([\d.]*)$/.exec(key);
    let ours: number | number[] | undefined;
    if (key === 'dice') ours = each((p, t) => m.dice(p, t, { empty: 'ignore' }));
    else if (key === 'iou') ours = each((p, t) => m.iou(p, t, { empty: 'ignore' }));
    else if (key === 'generalized_dice') {
      // Summed over one class at a time the weights cancel, which is what MONAI reports for each class.
      ours = Array.isArray(reference)
        ? each((p, t) => m.generalizedDice(p, t, { classes: 2, background: false }))
        : m.generalizedDice(prediction, truth, { classes: multiclass.classes });
    } else if (percentile) {
      const options = { percentile: Number(percentile[1] || 100) };
      ours = each((p, t) => m.hausdorff(m.surfaceDistances(p, t, { shape }), options));
    }
    yield { name: `${label} multiclass ${key}`, error: relativeError(ours, reference), tolerance: FLOAT32 };
  }
}

/**
 * The largest relative error, past what the reference's own rounding explains; 0 where both are the same non-finite
 * value or ours is NaN where the library refuses.
 */
function relativeError(ours: number | number[] | undefined, reference: Reference, rounding = 0): number {
  if (ours === undefined) return Number.POSITIVE_INFINITY;
  if (Array.isArray(reference)) {
    if (!Array.isArray(ours) || ours.length !== reference.length) return Number.POSITIVE_INFINITY;
    return Math.max(...reference.map((value, i) => relativeError(ours[i]!, value, rounding)));
  }
  const value = ours as number;
  if (typeof reference === 'string') return Object.is(value, nonFinite(reference)) ? 0 : Number.POSITIVE_INFINITY;
  const difference = Math.max(0, Math.abs(value - reference) - rounding);
  const error = difference / (reference === 0 ? 1 : Math.abs(reference));
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** What a spelt reference stands for; NaN where the library refuses. */
function nonFinite(spelt: string): number {
  return spelt === 'inf' ? Number.POSITIVE_INFINITY : spelt === '-inf' ? Number.NEGATIVE_INFINITY : Number.NaN;
}

function largestDifference(ours: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (ours.length !== reference.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    const error = Math.abs(ours[i]! - reference[i]!);
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return largest;
}

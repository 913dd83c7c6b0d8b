import { type OptionNames, requireOptions } from '@medseg/arguments';
import { requireSurfaces } from './require-surfaces.ts';
import type { DirectedDistances, SurfaceDistances } from './surface-distances.ts';

/** Options of `hausdorff`. */
export interface HausdorffOptions {
  /** Percentile of the distances, in 0..100; 100, the maximum, unless told. */
  readonly percentile?: number;
  /** From prediction to truth only, or both ways; `both` unless told. */
  readonly direction?: 'both' | 'prediction-to-truth';
}

const hausdorffOptionNames: OptionNames<HausdorffOptions> = { percentile: true, direction: true };

/**
 * Hausdorff distance in millimetres, or its robust form at a percentile such as 95 (Huttenlocher et al. 1993).
 *
 * surfaces: from `surfaceDistances`, whose definition decides: `monai` interpolates linearly in each direction and
 * keeps the larger; `medpy` interpolates over both directions pooled; `surface-distance` takes the first distance at
 * which the percentage of the surface is reached. One empty mask gives Infinity (a percentile under 100: NaN under
 * `monai`, whose interpolation between infinities has no value), two give NaN (`surface-distance`: Infinity); `medpy`
 * gives NaN for either. Throws RangeError when the percentile is outside 0..100.
 *
 * @example hausdorff(surfaceDistances(prediction, truth, { shape: [64, 64] }), { percentile: 95 })
 */
export function hausdorff(surfaces: SurfaceDistances, options: HausdorffOptions = {}): number {
  requireSurfaces('hausdorff', surfaces);
  requireOptions('hausdorff', options, hausdorffOptionNames);
  const { percentile = 100, direction = 'both' } = options;
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new RangeError(`hausdorff: percentile must lie in 0..100, got ${percentile}`);
  }
  const { definition, predictionToTruth: there, truthToPrediction: back } = surfaces;
  if (definition === 'surface-distance') {
    const forth = weightedPercentile(there, percentile);
    return direction === 'both' ? Math.max(forth, weightedPercentile(back, percentile)) : forth;
  }
  if (definition === 'medpy') {
    if (missesOne(surfaces)) return Number.NaN;
    const all = direction === 'both' ? pooled(there.distances, back.distances) : there.distances;
    return interpolatedPercentile(all, percentile);
  }
  const forth = interpolatedPercentile(there.distances, percentile);
  return direction === 'both' ? Math.max(forth, interpolatedPercentile(back.distances, percentile)) : forth;
}

const averageSurfaceDistanceOptionNames: OptionNames<NonNullable<Parameters<typeof averageSurfaceDistance>[1]>> = {
  direction: true,
};

/**
 * Average surface distance in millimetres from prediction to truth: how far predicted surface lies from true surface.
 *
 * surfaces: from `surfaceDistances`; under `surface-distance` elements are weighed by their size. One empty mask gives
 * Infinity or NaN as the definition has it, two give NaN.
 *
 * @example averageSurfaceDistance(surfaceDistances(prediction, truth, { shape: [64, 64] }))
 */
export function averageSurfaceDistance(
  surfaces: SurfaceDistances,
  options: {
    /** From which surface distances are taken. Default 'prediction-to-truth'. */
    readonly direction?: 'prediction-to-truth' | 'truth-to-prediction';
  } = {},
): number {
  requireSurfaces('averageSurfaceDistance', surfaces);
  requireOptions('averageSurfaceDistance', options, averageSurfaceDistanceOptionNames);
  if (surfaces.definition === 'medpy' && missesOne(surfaces)) return Number.NaN;
  const { direction = 'prediction-to-truth' } = options;
  const there = direction === 'prediction-to-truth' ? surfaces.predictionToTruth : surfaces.truthToPrediction;
  const [sum, size] = moment(there);
  return sum / size;
}

/**
 * Average symmetric surface distance in millimetres: the mean over the elements of both surfaces (Heimann et al. 2009),
 * as MONAI (`symmetric=True`) and MedPy have it.
 *
 * surfaces: from `surfaceDistances`; under `surface-distance` elements are weighed by their size. One empty mask gives
 * Infinity (`medpy`: NaN), two give NaN.
 *
 * @example averageSymmetricSurfaceDistance(surfaceDistances(prediction, truth, { shape: [64, 64] }))
 */
export function averageSymmetricSurfaceDistance(surfaces: SurfaceDistances): number {
  requireSurfaces('averageSymmetricSurfaceDistance', surfaces);
  if (surfaces.definition === 'medpy' && missesOne(surfaces)) return Number.NaN;
  const [sum, size] = moment(surfaces.predictionToTruth);
  const [backSum, backSize] = moment(surfaces.truthToPrediction);
  return (sum + backSum) / (size + backSize);
}

const surfaceDiceOptionNames: OptionNames<NonNullable<Parameters<typeof surfaceDice>[1]>> = { tolerance: true };

/**
 * Normalised surface Dice: the share of both surfaces that lies within a tolerance of the other (Nikolov et al. 2021),
 * in [0, 1].
 *
 * surfaces: from `surfaceDistances`; under `monai` and `medpy` boundary pixels are counted (MONAI with
 * `use_subvoxels=False`), under `surface-distance` elements are weighed by their size. tolerance: millimetres; what
 * lies at it lies within, compared in float32 as MONAI does, under `surface-distance` in float64. One empty mask gives
 * 0, two give NaN. Throws RangeError when the tolerance is negative.
 *
 * @example surfaceDice(surfaceDistances(prediction, truth, { shape: [64, 64], spacing: [0.5, 0.5] }), { tolerance: 1 })
 */
export function surfaceDice(surfaces: SurfaceDistances, options: { readonly tolerance: number }): number {
  requireSurfaces('surfaceDice', surfaces);
  requireOptions('surfaceDice', options, surfaceDiceOptionNames);
  const { tolerance } = options;
  if (!(tolerance >= 0)) throw new RangeError(`surfaceDice: tolerance must be 0 mm or more, got ${tolerance}`);
  const exact = surfaces.definition === 'surface-distance';
  let within = 0;
  let all = 0;
  for (const { distances, sizes } of [surfaces.predictionToTruth, surfaces.truthToPrediction]) {
    for (let i = 0; i < distances.length; i++) {
      const size = sizes ? sizes[i]! : 1;
      all += size;
      const distance = distances[i]!;
      if (exact ? distance <= tolerance : Math.fround(distance) <= Math.fround(tolerance)) within += size;
    }
  }
  return within / all;
}

function missesOne({ predictionToTruth, truthToPrediction }: SurfaceDistances): boolean {
  const { distances } = predictionToTruth;
  return (
    distances.length === 0 || truthToPrediction.distances.length === 0 || distances[0] === Number.POSITIVE_INFINITY
  );
}

/** Sum of distance times size, and sum of sizes. */
function moment({ distances, sizes }: DirectedDistances): [number, number] {
  let sum = 0;
  let size = 0;
  for (let i = 0; i < distances.length; i++) {
    const weight = sizes ? sizes[i]! : 1;
    sum += distances[i]! * weight;
    size += weight;
  }
  return [sum, size];
}

function pooled(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all.sort();
}

/** Linear interpolation between order statistics, NumPy's and PyTorch's default; NaN when there are none. */
function interpolatedPercentile(ascending: Float64Array, percentile: number): number {
  const last = ascending.length - 1;
  if (last < 0) return Number.NaN;
  if (percentile === 100) return ascending[last]!;
  const rank = (percentile / 100) * last;
  const below = Math.floor(rank);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, last)]!;
  return low + (high - low) * (rank - below);
}

/** The first distance within which lies the percentage of the surface; Infinity when there is none. */
function weightedPercentile({ distances, sizes }: DirectedDistances, percentile: number): number {
  const last = distances.length - 1;
  if (last < 0) return Number.POSITIVE_INFINITY;
  if (percentile === 100) return distances[last]!;
  const total = pairwiseSum(sizes!, 0, sizes!.length);
  let reached = 0;
  for (let i = 0; i < last; i++) {
    reached += sizes![i]!;
    if (reached / total >= percentile / 100) return distances[i]!;
  }
  return distances[last]!;
}

/** Sums in NumPy's order, so that a share that just reaches the percentage reaches it here too. */
function pairwiseSum(values: Float64Array, start: number, count: number): number {
  if (count > 128) {
    const half = Math.floor(count / 2) - (Math.floor(count / 2) % 8);
    return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, count - half);
  }
  const parts = new Float64Array(8);
  const whole = count < 8 ? 0 : count - (count % 8);
  for (let i = 0; i < whole; i++) parts[i % 8] = parts[i % 8]! + values[start + i]!;
  const [a, b, c, d, e, f, g, h] = parts as unknown as [number, number, number, number, number, number, number, number];
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let i = whole; i < count; i++) sum += values[start + i]!;
  return sum;
}

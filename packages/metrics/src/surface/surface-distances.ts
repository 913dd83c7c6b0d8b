import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkSameLength, type Mask } from '../arrays.ts';
import { checkFills, type Grid, grid3 } from '../grid.ts';
import { boundingBox } from './bounding-box.ts';
import { squaredDistances } from './distance-transform.ts';
import { type Edges, erosionEdges, subvoxelEdges } from './edges.ts';
import { surfelSizes } from './surfels.ts';

/**
 * Whose surface it is, and whose percentiles and rule for empty masks.
 *
 * - `monai`: boundary pixels, each counted once; a percentile is taken in each direction and the larger one kept.
 *   The field's usual definition (Metrics Reloaded) and the default.
 * - `medpy`: the same pixels; a percentile is taken over both directions pooled. NaN where a mask is empty.
 * - `surface-distance`: surface elements between pixels, weighed by their length or area (DeepMind).
 */
export type SurfaceDefinition = 'monai' | 'medpy' | 'surface-distance';

/** Options of `surfaceDistances`: the grid, and whose definition. */
export interface SurfaceOptions extends Grid {
  /** Whose definition; `monai` unless told. */
  readonly definition?: SurfaceDefinition;
}

const surfaceOptionNames: OptionNames<SurfaceOptions> = { definition: true, shape: true, spacing: true };

/** Distances from each element of one surface to the nearest of the other. */
export interface DirectedDistances {
  /** Millimetres, ascending; Infinity where the other surface does not exist. */
  readonly distances: Float64Array;
  /** Length (mm) or area (mm²) of each element, in the same order; absent where each counts once. */
  readonly sizes?: Float64Array;
}

/** What every surface metric is computed from. */
export interface SurfaceDistances {
  /** What was taken for the surface. */
  readonly definition: SurfaceDefinition;
  /** From each element of the predicted surface to the true one. */
  readonly predictionToTruth: DirectedDistances;
  /** From each element of the true surface to the predicted one. */
  readonly truthToPrediction: DirectedDistances;
}

/**
 * Distances between the surfaces of two masks, once, for all surface metrics: `hausdorff`, `averageSurfaceDistance`,
 * `averageSymmetricSurfaceDistance` and `surfaceDice` take the result.
 *
 * prediction, truth: [pixels] in {0, 1}, filling `shape` (2 or 3 axes); `spacing` in millimetres. Where one mask is
 * empty the other's distances are Infinity; under `monai` both directions then say so. Throws RangeError when shapes
 * differ, a value is neither 0 nor 1, or a spacing is not positive.
 *
 * @example
 * const surfaces = surfaceDistances(prediction, truth, { shape: [64, 64], spacing: [0.5, 0.5] });
 * const worst = hausdorff(surfaces, { percentile: 95 });
 */
export function surfaceDistances(prediction: Mask, truth: Mask, options: SurfaceOptions): SurfaceDistances {
  requireOptions('surfaceDistances', options, surfaceOptionNames);
  const { definition = 'monai' } = options;
  if (definition !== 'monai' && definition !== 'medpy' && definition !== 'surface-distance') {
    throw new RangeError(
      `surfaceDistances: definition must be 'monai', 'medpy' or 'surface-distance', got '${String(definition)}'`,
    );
  }
  const grid = grid3('surfaceDistances', options);
  checkSameLength('surfaceDistances', ['prediction', 'truth'], prediction, truth);
  checkFills('surfaceDistances', 'prediction', prediction, grid);
  const box = boundingBox('surfaceDistances', prediction, truth, grid);
  if (!box) {
    const nothing: DirectedDistances = { distances: new Float64Array(0) };
    return { definition, predictionToTruth: nothing, truthToPrediction: nothing };
  }
  const extract = definition === 'surface-distance' ? subvoxelEdges : erosionEdges;
  const predicted = extract(prediction, grid, box);
  const actual = extract(truth, grid, box);
  const sizes = definition === 'surface-distance' ? surfelSizes(grid.spacing.slice(3 - grid.axes)) : undefined;
  const direction = (from: Edges, to: Edges): DirectedDistances => {
    if (from.count === 0 && definition === 'monai') return { distances: infinities(to.count) };
    if (to.count === 0) return sorted(infinities(from.count), sizes && sizesOf(from, sizes));
    const squares = squaredDistances(to.on, { ...grid, shape: to.shape });
    const distances = new Float64Array(from.count);
    let k = 0;
    for (let i = 0; i < squares.length; i++) if (from.on[i] === 1) distances[k++] = Math.sqrt(squares[i]!);
    return sorted(distances, sizes && sizesOf(from, sizes));
  };
  return {
    definition,
    predictionToTruth: direction(predicted, actual),
    truthToPrediction: direction(actual, predicted),
  };
}

function infinities(count: number): Float64Array {
  return new Float64Array(count).fill(Number.POSITIVE_INFINITY);
}

function sizesOf(edges: Edges, table: Float64Array): Float64Array {
  const sizes = new Float64Array(edges.count);
  let k = 0;
  for (let i = 0; i < edges.on.length; i++) if (edges.on[i] === 1) sizes[k++] = table[edges.codes![i]!]!;
  return sizes;
}

/** Ascending by distance, then by size, as surface-distance sorts its elements. */
function sorted(distances: Float64Array, sizes: Float64Array | undefined): DirectedDistances {
  if (!sizes) return { distances: distances.sort() };
  const order = Uint32Array.from(distances.keys()).sort((a, b) =>
    distances[a]! !== distances[b]! ? distances[a]! - distances[b]! : sizes[a]! - sizes[b]!,
  );
  return {
    distances: Float64Array.from(order, (i) => distances[i]!),
    sizes: Float64Array.from(order, (i) => sizes[i]!),
  };
}

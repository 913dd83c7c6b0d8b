import { requireList, requireObject } from '@medseg/arguments';
import type { ArrayData, NamedArray } from './safetensors-dtype.ts';

/** Where one of our weights stands in a reference's state dict. */
export interface ReferenceWeight {
  /** Its name in the state dict. */
  readonly name: string;
  /** The reference's shape, ones included. */
  readonly shape: readonly number[];
  /** Our axis at each of the reference's axes, those of length one that it adds left out. */
  readonly axes: readonly number[];
}

/** Our names and a reference's: each is data for {@link importWeights} and {@link exportWeights}. */
export interface NameMap {
  /** Places each of our weights, given with its shape. */
  readonly locate: (weights: ReadonlyMap<string, readonly number[]>) => ReadonlyMap<string, ReferenceWeight>;
  /** Buffers that the reference stores beside its parameters, by the reference's names. */
  readonly constants: (weights: ReadonlyMap<string, readonly number[]>) => ReadonlyMap<string, NamedArray>;
  /**
   * Whether an entry that nothing of ours corresponds to is no weight, so that its absence here need not be reported.
   * Default: every entry is reported.
   */
  readonly ignores?: (name: string) => boolean;
}

/** What became of a state dict; every name is the reference's. */
export interface ImportReport {
  /** What stood before every name in the file, such as `model.`. */
  readonly prefix: string;
  /** Entries that a weight of ours was made of. */
  readonly used: readonly string[];
  /** Entries that a weight of ours needs and the file lacks. */
  readonly missing: readonly string[];
  /** In the file under the prefix or outside of it, and not used. */
  readonly leftOver: readonly string[];
}

/**
 * Takes our weights out of a reference's state dict, transposed to our layout. `wanted` has our names and shapes. A
 * prefix before all names (`model.`, `module.`) is found by itself. Weights that the file lacks are reported and left
 * out. Throws RangeError where a shape does not fit, naming weight and both shapes, or where a weight is no finite float32.
 *
 * @example const { weights, report } = importWeights(tensors, wanted, seedNames);
 */
export function importWeights(
  tensors: ReadonlyMap<string, NamedArray>,
  wanted: ReadonlyMap<string, readonly number[]>,
  map: NameMap,
): { weights: Map<string, NamedArray>; report: ImportReport } {
  requireObject('importWeights: tensors', tensors, ['get', 'size']);
  requireObject('importWeights: wanted', wanted, ['get', 'size']);
  requireObject('importWeights: map', map, ['locate', 'constants']);
  const places = map.locate(wanted);
  const prefix = findPrefix(
    tensors,
    [...places.values()].map(({ name }) => name),
  );
  const weights = new Map<string, NamedArray>();
  const used = new Set<string>();
  const missing: string[] = [];
  for (const [ours, place] of places) {
    const found = tensors.get(prefix + place.name);
    if (found === undefined) {
      missing.push(place.name);
      continue;
    }
    if (found.shape.join() !== place.shape.join()) {
      throw new RangeError(
        `importWeights: ${place.name} must be [${place.shape.join(', ')}] for this network, got [${found.shape.join(', ')}]`,
      );
    }
    requireFinite(found, place.name);
    weights.set(ours, fromReference(found, place, wanted.get(ours)!));
    used.add(prefix + place.name);
  }
  for (const [name, constant] of map.constants(wanted)) {
    const found = tensors.get(prefix + name);
    if (found !== undefined && agree(found, constant)) used.add(prefix + name);
  }
  const leftOver = [...tensors.keys()].filter((name) => !used.has(name) && !map.ignores?.(name));
  const report = { prefix, used: [...used].map((name) => name.slice(prefix.length)), missing, leftOver };
  return { weights, report };
}

/** Throws RangeError for a weight that is NaN, infinite, or too large for float32. */
function requireFinite({ data }: NamedArray, name: string): void {
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isFinite(Math.fround(value))) {
      throw new RangeError(`importWeights: ${name} must hold finite numbers of float32, got ${value} at place ${i}`);
    }
  }
}

/**
 * The reference's state dict of our weights, under its names and in its layout, with the buffers that it stores.
 * Throws RangeError where a shape does not fit its data.
 *
 * @example await writeFile('seed.safetensors', encodeSafetensors(exportWeights(weights, seedNames)));
 */
export function exportWeights(weights: ReadonlyMap<string, NamedArray>, map: NameMap): Map<string, NamedArray> {
  requireObject('exportWeights: weights', weights, ['get', 'size']);
  requireObject('exportWeights: map', map, ['locate', 'constants']);
  const shapes = new Map([...weights].map(([name, { shape }]) => [name, shape]));
  const tensors = new Map<string, NamedArray>();
  for (const [ours, place] of map.locate(shapes)) {
    const { data, shape } = weights.get(ours)!;
    tensors.set(place.name, { shape: place.shape, data: permute(data, shape, place.axes) });
  }
  for (const [name, constant] of map.constants(shapes)) tensors.set(name, constant);
  return tensors;
}

/**
 * An array of the reference (a weight or its gradient) in our layout.
 *
 * @example const ours = fromReference(gradient, places.get(name)!, variable.shape);
 */
export function fromReference(
  array: NamedArray,
  referenceWeight: ReferenceWeight,
  shape: readonly number[],
): { shape: readonly number[]; data: ArrayData } {
  requireObject('fromReference: array', array, ['shape', 'data']);
  requireObject('fromReference: referenceWeight', referenceWeight, ['name', 'shape', 'axes']);
  const { axes } = referenceWeight;
  requireList('fromReference: shape', shape);
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  return {
    shape,
    data: permute(
      array.data,
      axes.map((axis) => shape[axis]!),
      inverse,
    ),
  };
}

/** Row-major data with its axes in another order: axis i of the result is axis axes[i] of the given. */
function permute(data: ArrayData, shape: readonly number[], axes: readonly number[]): ArrayData {
  const size = shape.reduce((a, b) => a * b, 1);
  if (size !== data.length) {
    throw new RangeError(`permute: shape [${shape}] needs ${size} values, got ${data.length}`);
  }
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const lengths = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const result = data.slice();
  const index = new Array<number>(axes.length).fill(0);
  let from = 0;
  for (let to = 0; to < size; to++) {
    result[to] = data[from]!;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += steps[axis]!;
      if (index[axis]! < lengths[axis]!) break;
      from -= steps[axis]! * lengths[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** The shortest prefix under which the most of the names are found. */
function findPrefix(tensors: ReadonlyMap<string, NamedArray>, names: readonly string[]): string {
  const prefixes = new Set(['']);
  for (const name of names.slice(0, 1)) {
    for (const key of tensors.keys()) if (key.endsWith(`.${name}`)) prefixes.add(key.slice(0, -name.length));
  }
  const count = (prefix: string): number => names.filter((name) => tensors.has(prefix + name)).length;
  const ranked = [...prefixes].slice(0, 64).map((prefix) => ({ prefix, found: count(prefix) }));
  ranked.sort((a, b) => b.found - a.found || a.prefix.length - b.prefix.length);
  return ranked[0]!.prefix;
}

function agree(a: NamedArray, b: NamedArray): boolean {
  return (
    a.data.length === b.data.length && b.data.every((value, i) => Math.abs(Number(a.data[i]) - Number(value)) < 1e-5)
  );
}

import { addValues, readTensors, tensorsFrom } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Recipe, stateOf } from '../recipe.ts';

type Tensors = ReadonlyMap<string, tf.Tensor>;

/** Variables of a phase in their order, and the place of each in one array of all their values. */
class FlatVariables {
  /** Number of values of all variables together. */
  readonly size: number;
  readonly variables: readonly tf.Variable[];
  private readonly names: readonly string[];
  private readonly starts: readonly number[];

  constructor(variables: ReadonlyMap<string, tf.Variable>) {
    this.names = [...variables.keys()];
    this.variables = [...variables.values()];
    let size = 0;
    this.starts = [0, ...this.variables.map((variable) => (size += variable.size))];
    this.size = size;
  }

  /** Copies tensors of the variables' names into one array. */
  read(tensors: Tensors, flat: Float32Array): void {
    readTensors(this.inOrder(tensors), flat);
  }

  /** Makes tensors of one array, in the shapes of the variables; the caller's. */
  tensors(flat: Float32Array): Map<string, tf.Tensor> {
    const shapes = this.variables.map(({ shape }) => shape);
    return this.named(tensorsFrom(flat, shapes));
  }

  /** Sums of tensors and of an array's values; the caller's. The tensors are disposed. */
  add(tensors: Tensors, flat: Float32Array): Map<string, tf.Tensor> {
    return this.named(addValues(this.inOrder(tensors), flat, { reuse: true }));
  }

  /** The place of the variables `from` to `to` in an array of all. */
  part(flat: Float32Array, from: number, to: number): Float32Array {
    return flat.subarray(this.starts[from], this.starts[to]);
  }

  /** Copies the variables `from` to `to` into their part of an array. */
  readPart(part: Float32Array, from: number, to: number): void {
    readTensors(this.variables.slice(from, to), part);
  }

  /** Gives the variables `from` to `to` the values of their part of an array. */
  assignPart(part: Float32Array, from: number, to: number): void {
    const some = this.variables.slice(from, to);
    const shapes = some.map(({ shape }) => shape);
    const tensors = tensorsFrom(part, shapes);
    for (const [i, variable] of some.entries()) variable.assign(tensors[i]!);
    tf.dispose(tensors);
  }

  private inOrder(tensors: Tensors): tf.Tensor[] {
    return this.names.map((name) => tensors.get(name)!);
  }

  private named(tensors: readonly tf.Tensor[]): Map<string, tf.Tensor> {
    return new Map(this.names.map((name, i) => [name, tensors[i]!]));
  }
}

/** {@link FlatVariables} of each phase by its name: what it trains, and behind it its state. */
export type FlatPhases = Readonly<Record<string, FlatVariables>>;

export function flatPhases({ phases }: Recipe): FlatPhases {
  return Object.fromEntries(
    phases.map((phase) => [phase.name, new FlatVariables(new Map([...phase.variables, ...stateOf(phase)]))]),
  );
}

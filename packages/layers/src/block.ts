import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { CallContext } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { type InitialValue, isWeightSpec, type SpecTree, type WeightsOf } from './weight-spec.ts';

/** What every layer takes. */
export interface BlockOptions {
  /** Name of the layer: the first part of its weights' names. Default: one that tfjs makes of the class's name. */
  name?: string;
  /** Seed of the initial weights; each weight draws from a stream of its own, named after it. Default 0. */
  seed?: number;
  /** False freezes the weights. Default true. */
  trainable?: boolean;
}

/** The names of {@link BlockOptions}, to spread into those of a layer. */
export const blockOptionNames: OptionNames<BlockOptions> = { name: true, seed: true, trainable: true };

/** The ranks of a layer's inputs in order, those that may be missing as optional elements: `[4, 2?]`. */
export type Ranks = readonly (number | undefined)[];

/** The tensors of such ranks: `[Tensor4D, Tensor2D?]`; `tf.Tensor` where a rank is not fixed. */
export type TensorsOf<R extends Ranks> = { -readonly [I in keyof R]: TensorOf<R[I]> };

/** The shapes of such tensors, one for each. */
export type ShapesOf<R extends Ranks> = { -readonly [I in keyof R]: Shape };

interface TensorOfRank {
  0: tf.Scalar;
  1: tf.Tensor1D;
  2: tf.Tensor2D;
  3: tf.Tensor3D;
  4: tf.Tensor4D;
  5: tf.Tensor5D;
}

type TensorOf<N> = N extends undefined ? undefined : N extends keyof TensorOfRank ? TensorOfRank[N] : tf.Tensor;

type VariableTree = { [name: string]: LayerVariable | VariableTree };

/**
 * A `tf.layers.Layer` with one output around a pure function: a subclass says which weights it has (`spec`), what it
 * computes (`forward`) and which shape comes out (`shapeOf`). Weights are named `<layer>/<path>` with the path
 * dotted as in a PyTorch state dict. `R`: the ranks of the inputs, which type `forward`; `takes` has them checked.
 *
 * ```ts
 * class Halved extends Block<BlockOptions, NoWeights, [4]> {
 *   static className: string = 'Halved';
 *   protected override takes(): [4][] {
 *     return [[4]];
 *   }
 *   protected spec(): NoWeights {
 *     return {};
 *   }
 *   protected forward([x]: [tf.Tensor4D]): tf.Tensor {
 *     return tf.mul(x, 0.5);
 *   }
 *   protected shapeOf([x]: [Shape]): Shape {
 *     return x;
 *   }
 * }
 * ```
 */
export abstract class Block<
  O extends BlockOptions,
  S extends SpecTree,
  R extends Ranks = readonly number[],
> extends layers.Layer {
  /** The options that the layer has, where another is to be refused; undefined lets any pass. */
  static optionNames?: Readonly<Record<string, true>>;

  /** The options that it was made with. */
  protected readonly options: O;
  private variables: VariableTree = {};

  /** `options`: the layer's own, beside its name, seed and `trainable`. Throws RangeError for one that is not in the class's `optionNames`. */
  constructor(options: O) {
    const layer = layerName(new.target);
    requireObject(`${layer}: options`, options, []);
    // What tfjs adds to the configuration when it loads a layer is no option of it.
    const { trainable = true, customObjects: _, ...own } = options as O & { customObjects?: unknown };
    super(own.name === undefined ? { trainable } : { name: own.name, trainable });
    const { optionNames } = this.constructor as typeof Block;
    if (optionNames !== undefined) requireOptions(layer, own, optionNames);
    this.options = own as unknown as O;
  }

  /**
   * Which weights the layer has for inputs of these shapes, [batch, …, channels], of which `null` is not fixed: a tree of
   * `{ shape, initial }`, whose paths become names. Called once, when the layer is built.
   */
  protected abstract spec(inputs: ShapesOf<R>): S;
  /** The ranks of the inputs that the layer takes, one list for each form of call; by default any. */
  protected takes(): readonly R[] {
    return [];
  }
  /**
   * What the layer computes from its inputs and the weights of `spec`, as a new tensor; `context` says whether it trains, and
   * what to draw from. Runs in a `tf.tidy`, so that nothing else needs to be disposed.
   */
  protected abstract forward(inputs: TensorsOf<R>, weights: WeightsOf<S>, context: CallContext): tf.Tensor;
  /** The shape that `forward` returns for inputs of these shapes, [batch, …, channels], of which `null` is not fixed. */
  protected abstract shapeOf(inputs: ShapesOf<R>): Shape;

  override build(inputShape: Shape | Shape[]): void {
    const shapes = toShapes(inputShape);
    const forms = this.takes();
    if (forms.length > 0 && !forms.some((ranks) => ranks.join() === shapes.map((shape) => shape.length).join())) {
      const allowed = forms.map((ranks) => `[${ranks.join(', ')}]`).join(' or ');
      const got = shapes.map((shape) => `[${shape.join(', ')}]`).join(', ');
      throw new RangeError(`${this.getClassName()}: takes inputs of ranks ${allowed}, got shapes ${got}`);
    }
    this.variables = this.addTree(this.spec(shapes as ShapesOf<R>), '');
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], context: CallContext = {}): tf.Tensor {
    // `build` has checked their ranks.
    const tensors = (Array.isArray(inputs) ? inputs : [inputs]) as TensorsOf<R>;
    return tf.tidy(() => this.forward(tensors, readTree(this.variables), context));
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return this.shapeOf(toShapes(inputShape) as ShapesOf<R>);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.options as unknown as tf.serialization.ConfigDict) };
  }

  /** Adds the block to a functional model: like `apply`, but typed for symbolic tensors. */
  on(...inputs: SymbolicTensor[]): SymbolicTensor {
    return this.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor;
  }

  private addTree(tree: SpecTree, path: string): VariableTree {
    const variables: VariableTree = {};
    for (const [key, node] of Object.entries(tree)) {
      if (node === undefined) continue;
      const name = path + key;
      if (isWeightSpec(node)) {
        const shape = node.shape as number[];
        const variable = this.addWeight(name, shape, 'float32', initializers.zeros(), undefined, node.trainable);
        if (node.initial !== 'zeros') {
          const initial = initialTensor(shape, node.initial, this.options.seed ?? 0, `${this.name}/${name}`);
          variable.write(initial);
          initial.dispose();
        }
        variables[key] = variable;
      } else {
        variables[key] = this.addTree(node, `${name}.`);
      }
    }
    return variables;
  }
}

function initialTensor(shape: number[], initial: InitialValue, seed: number, name: string): tf.Tensor {
  if (initial === 'zeros') return tf.zeros(shape);
  if (initial === 'ones') return tf.ones(shape);
  if ('values' in initial) return tf.tensor(Float32Array.from(initial.values), shape);
  const random = createRandom(seed).fork(name);
  let draw = (): number => random.normal();
  let size = 1;
  if ('deviation' in initial) size = initial.deviation;
  else {
    draw = () => 2 * random.uniform() - 1;
    size = 1 / Math.sqrt(initial.fanIn);
  }
  return tf.tensor(
    new Float32Array(tf.util.sizeFromShape(shape)).map(() => draw() * size),
    shape,
  );
}

function readTree<S extends SpecTree>(tree: VariableTree): WeightsOf<S> {
  const read = (node: LayerVariable | VariableTree): unknown =>
    isVariable(node) ? node.read() : Object.fromEntries(Object.entries(node).map(([key, child]) => [key, read(child)]));
  return read(tree) as WeightsOf<S>;
}

function isVariable(node: LayerVariable | VariableTree): node is LayerVariable {
  return typeof (node as LayerVariable).read === 'function';
}

/** How messages name a layer: `Convolution` of the class that is registered as `MedsegConvolution`. */
function layerName(layer: unknown): string {
  const { className = 'Block' } = layer as { readonly className?: string };
  return className.replace(/^Medseg/, '');
}

function toShapes(shape: Shape | Shape[]): Shape[] {
  return (Array.isArray(shape[0]) ? shape : [shape]) as Shape[];
}

/** Channels (last axis) of a shape, refused where they are not fixed. */
export function channelsOf(shape: Shape, who: string): number {
  const channels = shape[shape.length - 1];
  if (channels === null || channels === undefined) {
    throw new RangeError(`${who}: the channels of its input must be fixed, got [${shape.join(', ')}]`);
  }
  return channels;
}

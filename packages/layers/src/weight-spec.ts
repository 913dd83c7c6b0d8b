import type { Rank, ShapeMap, Tensor } from '@tensorflow/tfjs-core';

/**
 * How a weight starts: a constant, uniform in ±1/sqrt(fanIn) (PyTorch's default for convolutions and linear maps),
 * normal around 0, or given values.
 */
export type InitialValue =
  | 'zeros'
  | 'ones'
  | {
      /** Inputs of an output: the weights are uniform in ±1/sqrt(fanIn). */
      readonly fanIn: number;
    }
  | {
      /** Standard deviation of the normal values. */
      readonly deviation: number;
    }
  | {
      /** As many numbers as the weight has, row after row. */
      readonly values: ArrayLike<number>;
    };

/** Shape and start of one weight; `R` is its rank. Where `trainable` is false it is state, not a parameter. */
export type WeightSpec<R extends Rank = Rank> = {
  /** Sizes along each axis. */
  readonly shape: ShapeMap[R];
  /** The values that it starts with. */
  readonly initial: InitialValue;
  readonly trainable?: false;
};

/** The weights of a block as a tree of names, joined with dots in its state dict: `conv1.weight`. */
export type SpecTree = { readonly [name: string]: WeightSpec | SpecTree | undefined };

type WeightOf<T> = T extends WeightSpec ? Tensor : T extends SpecTree ? WeightsOf<T> : undefined;

/** The tensors that a tree of specs describes, under the same names; of any rank to TypeScript, checked when they are used. */
export type WeightsOf<S> = { readonly [K in keyof S]: WeightOf<S[K]> };

/** Scale and shift of a normalisation. */
export type AffineSpec = {
  /** Scale of each channel. */
  readonly weight: WeightSpec<Rank.R1>;
  /** Shift of each channel. */
  readonly bias: WeightSpec<Rank.R1>;
};
/** A linear map with bias. */
export type DenseSpec = {
  /** Kernel [from, to]. */
  readonly weight: WeightSpec<Rank.R2>;
  /** What is added to each feature of the result. */
  readonly bias: WeightSpec<Rank.R1>;
};
/** The scale of a normalisation without shift. */
export type GainSpec = {
  /** Scale of each channel. */
  readonly weight: WeightSpec<Rank.R1>;
};
/** A convolution without bias. */
export type MapSpec = {
  /** Filter [size, size, from, to]. */
  readonly weight: WeightSpec<Rank.R4>;
};
/** A convolution with bias. */
export type ConvSpec = {
  /** Filter [size, size, from, to]. */
  readonly weight: WeightSpec<Rank.R4>;
  /** What is added to each channel of the result. */
  readonly bias: WeightSpec<Rank.R1>;
};

/** Scale (ones) and shift (zeros) of a normalisation over `channels`. */
export function affineSpec(channels: number): AffineSpec {
  return { weight: { shape: [channels], initial: 'ones' }, bias: { shape: [channels], initial: 'zeros' } };
}

/** Scale alone (ones) of a normalisation over `channels`. */
export function gainSpec(channels: number): GainSpec {
  return { weight: { shape: [channels], initial: 'ones' } };
}

/** A linear map from `from` to `to` features; kernel [from, to]. */
export function denseSpec(from: number, to: number, initial: InitialValue = { fanIn: from }): DenseSpec {
  return { weight: { shape: [from, to], initial }, bias: { shape: [to], initial } };
}

/** A square convolution from `from` to `to` channels; kernel [size, size, from, to]. */
export function convSpec(
  size: number,
  from: number,
  to: number,
  initial: InitialValue = { fanIn: size * size * from },
): ConvSpec {
  return { weight: { shape: [size, size, from, to], initial }, bias: { shape: [to], initial } };
}

export function isWeightSpec(node: WeightSpec | SpecTree): node is WeightSpec {
  return Array.isArray((node as WeightSpec).shape);
}

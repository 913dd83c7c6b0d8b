import { conv2d, type OptionNames, requireFloatTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { type ComplexFFParserSpec, complexFFParser, complexFFParserSpec } from './complex-ff-parser.ts';
import { requireSameSize } from './require-shape.ts';
import { type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link highwayGate}. */
export type HighwayGateSpec = {
  /** 1x1 convolution of the tap to the channels of the features. */
  readonly project: ConvSpec;
  /** Filter of the frequencies of the projected tap. */
  readonly parser: ComplexFFParserSpec;
  /** 1x1 convolution to one value a pixel. */
  readonly mask: ConvSpec;
};

/**
 * Weighs image features by what a denoiser sees at the same size: x * mask(g) * mean(g) with g the frequency-parsed
 * projection of the tap (the highway of MedSegDiff's code; the affinity of Wu et al. 2022, arXiv 2211.00611, in its
 * released form). x: [B, H, W, C], tap: [B, H, W, D]; returns x's shape.
 */
export function highwayGate(x: tf.Tensor, tap: tf.Tensor, weights: WeightsOf<HighwayGateSpec>): tf.Tensor4D {
  requireFloatTensor('highwayGate: x', x, '[B, H, W, C]');
  requireFloatTensor('highwayGate: tap', tap, '[B, H, W, D]');
  requireSameSize('highwayGate: tap', tap, x);
  const g = complexFFParser(conv2d(tap, weights.project.weight, weights.project.bias), weights.parser);
  const mask = conv2d(g, weights.mask.weight, weights.mask.bias); // [B, H, W, 1]
  return tf.mul(tf.mul(x, mask), tf.mean(g, [1, 2], true));
}

/** {@link highwayGate} as a layer; inputs: x, tap. */
export class HighwayGate extends Block<BlockOptions, HighwayGateSpec, [4, 4]> {
  static className: string = 'MedsegHighwayGate';
  static override optionNames: OptionNames<BlockOptions> = blockOptionNames;

  protected override takes(): [4, 4][] {
    return [[4, 4]];
  }

  protected spec([x, tap]: [Shape, Shape]): HighwayGateSpec {
    if (x[1] !== tap[1] || x[2] !== tap[2]) {
      throw new RangeError(
        `HighwayGate: features and tap must have one size, got ${x[1]}x${x[2]} and ${tap[1]}x${tap[2]}`,
      );
    }
    const channels = channelsOf(x, 'HighwayGate');
    // As the released code starts them: He's normal values.
    const from = channelsOf(tap, 'HighwayGate');
    return {
      project: heSpec(from, channels),
      parser: complexFFParserSpec(x, 'HighwayGate'),
      mask: heSpec(channels, 1),
    };
  }

  protected forward([x, tap]: [tf.Tensor4D, tf.Tensor4D], weights: WeightsOf<HighwayGateSpec>): tf.Tensor {
    return highwayGate(x, tap, weights);
  }

  protected shapeOf([x]: [Shape, Shape]): Shape {
    return x;
  }
}

function heSpec(from: number, to: number): ConvSpec {
  const { weight, bias } = convSpec(1, from, to);
  return {
    weight: { shape: weight.shape, initial: { deviation: heDeviation(from) } },
    bias: { shape: bias.shape, initial: 'zeros' },
  };
}

/** Deviation of He's normal start before a leaky ReLU (He et al. 2015, equation 15). */
export function heDeviation(fanIn: number, slope = 0.01): number {
  return Math.sqrt(2 / ((1 + slope * slope) * fanIn));
}

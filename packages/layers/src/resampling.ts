import { averagePool, type OptionNames, upsampleNearest } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';

type NoWeights = Record<string, never>;

/** Halves height and width by the mean of each 2x2 block; both must be even. x: [B, H, W, C]. */
export class Downsample extends Block<BlockOptions, NoWeights, [4]> {
  static className: string = 'MedsegDownsample';
  static override optionNames: OptionNames<BlockOptions> = blockOptionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): NoWeights {
    for (const side of x.slice(1, 3)) {
      if (side !== null && side! % 2 !== 0) {
        throw new RangeError(`Downsample: height and width must be even, got ${x[1]}x${x[2]}`);
      }
    }
    return {};
  }

  protected forward([x]: [tf.Tensor4D]): tf.Tensor {
    return averagePool(x, 2);
  }

  protected shapeOf([x]: [Shape]): Shape {
    const [batch, height, width, channels] = x;
    return [batch!, height! / 2, width! / 2, channels!];
  }
}

/** Doubles height and width by repeating each pixel. x: [B, H, W, C]. */
export class Upsample extends Block<BlockOptions, NoWeights, [4]> {
  static className: string = 'MedsegUpsample';
  static override optionNames: OptionNames<BlockOptions> = blockOptionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec(): NoWeights {
    return {};
  }

  protected forward([x]: [tf.Tensor4D]): tf.Tensor {
    return upsampleNearest(x, 2);
  }

  protected shapeOf([x]: [Shape]): Shape {
    const [batch, height, width, channels] = x;
    return [batch!, height! * 2, width! * 2, channels!];
  }
}

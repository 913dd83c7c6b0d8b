import { requireList, requireObject } from '@medseg/arguments';
import { drawGrey, type Size } from '../pictures/draw.ts';
import { toDataUri } from '../pictures/picture.ts';

/** One step of sampling: the noisy mask that the network was given, and the clean mask that it made of it. */
export interface SamplingFrame {
  /** The training step that the network was asked about. */
  readonly t: number;
  /** [height, width, classes], about -1 to 1. */
  readonly noisy: Float32Array;
  /** [height, width, classes], -1 to 1. */
  readonly predicted: Float32Array;
}

/** One step of a mask that emerges from noise; pictures are data URIs. */
export interface EmergingStep {
  /** The training step that the network was asked about. */
  readonly t: number;
  /** Picture of the noisy mask. */
  readonly noisy: string;
  /** Picture of the mask that the network made of it. */
  readonly predicted: string;
}

/**
 * The pictures of a mask that emerges from noise, step by step; of several classes the likeliest at each pixel.
 *
 * @example drawEmerging([{ t: 999, noisy, predicted }], { height: 64, width: 64 })
 */
export function drawEmerging(frames: readonly SamplingFrame[], size: Size, classes = 1): EmergingStep[] {
  requireList('drawEmerging: frames', frames);
  requireObject('drawEmerging: size', size, ['height', 'width']);
  const { height, width } = size;
  const draw = (values: Float32Array): string => {
    const shown = new Float32Array(height * width);
    for (let i = 0; i < shown.length; i++) {
      const own = values.subarray(i * classes, (i + 1) * classes);
      shown[i] = (Math.max(...own) + 1) / 2;
    }
    return toDataUri(drawGrey(shown, { height, width }));
  };
  return frames.map(({ t, noisy, predicted }) => ({ t, noisy: draw(noisy), predicted: draw(predicted) }));
}

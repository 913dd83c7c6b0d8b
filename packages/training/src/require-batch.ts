import type { Recipe } from './recipe.ts';
import { requireParts } from './require-parts.ts';
import type { CheckedBatch, TrainingBatch } from './training-batch.ts';

/**
 * Throws RangeError for a batch that the losses would take without a word: sizes that do not fit one another or the
 * network, masks that are not between 0 and 1 (0 to 255, -1 to 1), and weights of pixels that are not.
 */
export function requireBatch(
  batch: TrainingBatch,
  { imageSize, imageChannels, maskChannels }: Omit<Recipe['network'], 'variables'>,
): asserts batch is CheckedBatch {
  requireParts(batch);
  const { images, masks, imageShape, maskShape, ids, pixelWeights } = batch;
  const [count = 0] = imageShape;
  const [height, width] = imageSize;
  if (count === 0)
    throw new RangeError(`train: a batch must have at least one image, got imageShape [${imageShape.join(', ')}]`);
  requireShape('imageShape', imageShape, [count, height, width, imageChannels ?? imageShape[3]]);
  requireShape('maskShape', maskShape, [count, height, width, maskChannels]);
  requireLength('images', images.length, imageShape);
  requireLength('masks', masks.length, maskShape);
  requireShares('masks', masks, ids, count, maskRemedy);
  if (!pixelWeights) return;
  requireLength('pixelWeights', pixelWeights.length, maskShape.slice(0, 3));
  requireShares('pixelWeights', pixelWeights, ids, count);
}

function maskRemedy(value: number): string {
  if (Number.isNaN(value)) return '';
  if (value < 0) return '; masks of -1 to 1 become such by (mask + 1) / 2';
  const isClass = Number.isInteger(value) && value > 1 && value < 128;
  return isClass ? '; give each class of class indices a channel of its own' : '; divide masks of 0 to 255 by 255';
}

function requireShares(
  name: string,
  values: Float32Array,
  ids: readonly string[],
  count: number,
  hintFor = (_value: number): string => '',
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= 0 && value <= 1) continue;
    const id = ids[Math.floor(i / (values.length / count))];
    throw new RangeError(
      `train: ${name} must be from 0 to 1, got ${value}${id === undefined ? '' : ` of ${id}`}${hintFor(value)}`,
    );
  }
}

function requireShape(name: string, shape: readonly number[], wanted: readonly (number | undefined)[]): void {
  if (shape.length === wanted.length && shape.every((side, i) => side >= 1 && side === wanted[i])) return;
  throw new RangeError(`train: ${name} must be [${wanted.join(', ')}] for this network, got [${shape.join(', ')}]`);
}

function requireLength(name: string, length: number, shape: readonly number[]): void {
  const wanted = shape.reduce((product, side) => product * side, 1);
  if (length === wanted) return;
  throw new RangeError(`train: ${name} must have ${wanted} values for [${shape.join(', ')}], got ${length}`);
}

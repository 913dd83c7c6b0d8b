import { expect, it } from 'vitest';
import { requireBatch } from './require-batch.ts';
import type { TrainingBatch } from './training-batch.ts';

const network = { imageSize: [2, 2], imageChannels: 1, maskChannels: 1 };

function batch(changed: Partial<TrainingBatch> = {}): TrainingBatch {
  return {
    images: new Float32Array(8),
    masks: Float32Array.of(0, 0.5, 1, 1, 0, 0, 1, 0),
    imageShape: [2, 2, 2, 1],
    maskShape: [2, 2, 2, 1],
    ids: ['a', 'b'],
    ...changed,
  };
}

it('takes masks from 0 to 1, soft ones too', () => {
  expect(() => requireBatch(batch(), network)).not.toThrow();
});

it.each([
  [255, '; divide masks of 0 to 255 by 255'],
  [-1, '; masks of -1 to 1 become such by (mask + 1) / 2'],
  [Number.NaN, ''],
])('names the case whose mask has %d', (value, remedy) => {
  const masks = new Float32Array(8);
  masks[5] = value;
  expect(() => requireBatch(batch({ masks }), network)).toThrow(
    new RangeError(`train: masks must be from 0 to 1, got ${value} of b${remedy}`),
  );
});

it('refuses sizes that do not fit one another or the network', () => {
  const wrong: [Partial<TrainingBatch>, RegExp][] = [
    [{ masks: new Float32Array(4) }, /masks must have 8 values for \[2, 2, 2, 1\], got 4/],
    [{ images: new Float32Array(9) }, /images must have 8 values for \[2, 2, 2, 1\], got 9/],
    [{ maskShape: [2, 2, 2, 2] }, /maskShape must be \[2, 2, 2, 1\] for this network, got \[2, 2, 2, 2\]/],
    [{ imageShape: [2, 4, 1, 1] }, /imageShape must be \[2, 2, 2, 1\] for this network, got \[2, 4, 1, 1\]/],
    [{ maskShape: [1, 2, 2, 1] }, /maskShape must be \[2, 2, 2, 1\]/],
    [
      { images: new Float32Array(24), imageShape: [2, 2, 2, 3] },
      /imageShape must be \[2, 2, 2, 1\] for this network, got \[2, 2, 2, 3\]/,
    ],
    [
      { images: new Float32Array(0), masks: new Float32Array(0), imageShape: [0, 2, 2, 1], maskShape: [0, 2, 2, 1] },
      /^train: a batch must have at least one image, got imageShape \[0, 2, 2, 1\]$/,
    ],
    [{ imageShape: [] }, /a batch must have at least one image, got imageShape \[\]/],
  ];
  for (const [changed, message] of wrong) expect(() => requireBatch(batch(changed), network)).toThrow(message);
});

it('takes any channels where the network does not say how many it has', () => {
  const { imageChannels: _, ...silent } = network;
  expect(() => requireBatch(batch({ images: new Float32Array(24), imageShape: [2, 2, 2, 3] }), silent)).not.toThrow();
});

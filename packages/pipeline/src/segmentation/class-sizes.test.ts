import { createImage, createVolume } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { classSizes } from './class-sizes.ts';

const image = createImage({ width: 4, height: 1, channels: 1, data: new Uint8Array(4) });

describe('classSizes', () => {
  it('counts pixels, and millilitres of volumes, whose axes may lean', () => {
    const segmentation = { probability: Float32Array.of(0.5, 0.4, 0.9, 1), classes: 1 };
    const classes = { names: ['lesion'], exclusive: true };
    expect(classSizes(classes, image, segmentation)).toEqual([{ name: 'lesion', voxels: 3, ml: undefined }]);
    const volume = createVolume({ size: [2, 1, 2], spacing: [10, 10, 5], data: new Uint8Array(4) });
    expect(classSizes(classes, volume, segmentation)[0]!.ml).toBeCloseTo(1.5, 12);
    // Slices that lie 5 mm apart along a way that leans by 60 degrees are 2.5 mm apart.
    const leaning = { ...volume, direction: [1, 0, 0, 0, 1, Math.sqrt(0.75), 0, 0, 0.5] as typeof volume.direction };
    expect(classSizes(classes, leaning, segmentation)[0]!.ml).toBeCloseTo(0.75, 12);
    const slice = createVolume({ size: [4, 1, 1], data: new Uint8Array(4) });
    expect(classSizes(classes, slice, segmentation)[0]!.ml).toBeUndefined();
  });

  it('counts each region with all that is part of it', () => {
    const classes = { names: ['disc', 'cup'], exclusive: false, values: [[1, 2], [2]] };
    const probability = Float32Array.of(0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.2, 0.7);
    // A cup without a disc is no label: the last pixel is neither.
    const sizes = classSizes(classes, image, { probability, classes: 2 });
    expect(sizes.map(({ voxels }) => voxels)).toEqual([2, 1]);
    const segments = classSizes(classes, image, { probability, classes: 2 }, { asSegments: true });
    expect(segments.map(({ voxels }) => voxels)).toEqual([2, 2]);
  });
});

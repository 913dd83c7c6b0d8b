import { createAssembler, prepareScan, regionMasks } from '@medseg/datasets';
import { createImage, createVolume } from '@medseg/image-io';
import { createRandom } from '@medseg/random';
import { expect, it } from 'vitest';
import { createMemberMasks } from './member-masks.ts';

const volume = createVolume({ size: [5, 4, 3], data: new Float32Array(60).map((_, i) => i) });
const image = createImage({ width: 24, height: 20, channels: 1, data: new Uint8Array(480).map((_, i) => i % 251) });

it.each([
  ['an image', image, {}],
  ['the slices of a volume', volume, {}],
  ['slices along another axis', volume, { plane: 'sagittal' }],
  ['slices that run against the file', createVolume({ ...volume, direction: [-1, 0, 0, 0, 1, 0, 0, 0, -1] }), {}],
  ['patches that overlap', image, { patches: { overlap: 0.5 } }],
] as const)('masks of members lie as their probabilities do, of %s', (_, scan, view) => {
  const { grid, places } = prepareScan(scan, { imageSize: [8, 8], normalization: 'none', view });
  const [members, classes] = [3, 2];
  const random = createRandom(1);
  const masks = createMemberMasks(grid, { members, classes });
  const maps = Array.from({ length: members }, () => createAssembler(grid, classes));
  for (const place of places) {
    const drawn = maps.map(() => Float32Array.from({ length: 8 * 8 * classes }, () => random.uniform()));
    masks.add(place, drawn, [8, 8]);
    for (const [m, map] of maps.entries()) map.add(place, drawn[m]!, [8, 8]);
  }
  expect(masks.masks()).toEqual(maps.map((map) => regionMasks(map.values(), classes)));
});

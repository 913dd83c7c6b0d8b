import { resize } from '@medseg/datasets';
import type { Segmentation } from '@medseg/inference';

/** A map on the network's grid brought to the size of an image. */
export function toImageSize(
  map: Float32Array,
  from: Pick<Segmentation, 'width' | 'height'>,
  { width, height }: { width: number; height: number },
): Float32Array {
  return resize(map, from, [height, width]);
}

/** 1 where a map reaches the level. */
export function threshold(map: Float32Array, level = 0.5): Uint8Array {
  const mask = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) if (map[i]! >= level) mask[i] = 1;
  return mask;
}

import { requireObject, requireOptions } from '@medseg/arguments';
import type { Image } from '@medseg/image-io';
import type { Case, Sample } from '../case.ts';
import { channelsOfMask } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { fuseAnnotators } from '../reading/fuse-annotators.ts';
import { readCase } from '../reading/read-case.ts';
import { isVolume } from '../scan.ts';
import type { PrepareOptions } from '../slicing/prepare.ts';
import { prepareOptionNames } from '../slicing/prepare.ts';
import { openCases } from './case-source.ts';

/** An image with its mask at its own size. */
export interface Original {
  /** Id of the case. */
  id: string;
  /** The case's patient. */
  patient: string;
  /** The image as stored. */
  image: Image;
  /** 0 or 1, [image.height, image.width]; of up to eight classes bit k is class k. What most annotators say. */
  mask: Uint8Array;
  /** 1 for each pixel to ignore, [image.height, image.width]; absent where there is none. */
  ignored?: Uint8Array;
}

/**
 * Reads image and mask of a case at their own size; `readCase` reads volumes and more than eight classes too.
 *
 * Throws FormatError for broken files, DataError when the sizes differ, when the mask has values of no class and for
 * volumes.
 *
 * @example const { image, mask } = await loadOriginal(cases[0])
 */
export async function loadOriginal(c: Case): Promise<Original> {
  requireObject('loadOriginal: c', c, ['id', 'patient', 'images', 'masks']);
  const { scan, masks } = await readCase(c);
  const file = c.images[0]!;
  if (isVolume(scan)) throw new DataError([{ file, rule: 'an image is asked for, got a volume' }]);
  const [layer] = fuseAnnotators(masks, channelsOfMask(c), 'majority', c.id);
  if (!layer || !('bits' in layer) || !(layer.bits instanceof Uint8Array))
    throw new DataError([{ file, rule: 'an image must have a mask of at most eight classes' }]);
  const { bits: mask, ignored } = layer;
  return { id: c.id, patient: c.patient, image: scan, mask, ...(ignored && { ignored }) };
}

/**
 * Reads an image as a network takes it: resized, normalised, with its mask.
 *
 * Throws what `readCase` throws.
 *
 * @example const sample = await loadSample(cases[0], { imageSize: [64, 64] })
 */
export async function loadSample(c: Case, options: PrepareOptions): Promise<Sample> {
  requireOptions('loadSample', options, prepareOptionNames);
  return await openCases([c], options).sample(0);
}

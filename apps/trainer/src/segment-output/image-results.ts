import { join } from 'node:path';
import { labelsOf } from '@medseg/datasets';
import { createImage, encodePng, type Image } from '@medseg/image-io';
import { writeFileAtomic } from '@medseg/image-io/node';
import { threshold } from '@medseg/metrics';
import { type Classes, classMapOf } from '../run-classes.ts';
import type { ScanSegmentation } from '../segment-scans.ts';

/** Where results go, and the classes that they have. */
export interface ResultTarget {
  readonly folder: string;
  readonly name: string;
  readonly classes: Classes;
}

/**
 * Writes `<name>_mask.png`, `<name>_probability.png` and `<name>_uncertainty.png`, at the image's own size. A mask of one
 * class is 0 and 255; of several it has the labels of the data set, and there is a probability for each class.
 */
export async function writeImageResults(
  { folder, name, classes }: ResultTarget,
  { width, height }: Image,
  { probability, uncertainty, classes: count }: ScanSegmentation,
): Promise<void> {
  const write = async (what: string, data: Uint8Array | Uint16Array): Promise<void> =>
    writeFileAtomic(join(folder, `${name}_${what}.png`), encodePng(createImage({ width, height, channels: 1, data })));
  const map = classMapOf(classes);
  await write(
    'mask',
    count === 1
      ? threshold(probability).map((v) => v * 255)
      : asSmall(labelsOf(probability, map ?? channelLabels(count))),
  );
  for (const [k, className] of classes.names.entries()) {
    const own = count === 1 ? probability : probability.filter((_, i) => i % count === k);
    await write(count === 1 ? 'probability' : `probability_${fileWord(className)}`, shares(own));
  }
  await write('uncertainty', shares(uncertainty));
}

/** Labels 1, 2, … for the channels of a network whose data set is not known. */
export function channelLabels(count: number): { names: string[]; values: number[][]; exclusive: boolean } {
  const values = Array.from({ length: count }, (_, k) => [k + 1]);
  return { names: values.map(([value]) => `class ${value}`), values, exclusive: true };
}

/** A class's name as part of a file's. */
function fileWord(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'class';
}

/** 0 to 1 as 16 bits. */
function shares(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (v) => Math.round(v * 65535));
}

function asSmall(labels: Uint8Array | Int32Array): Uint8Array | Uint16Array {
  return labels instanceof Uint8Array ? labels : Uint16Array.from(labels);
}

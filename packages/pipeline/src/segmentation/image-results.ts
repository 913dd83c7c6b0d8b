import { requireObject } from '@medseg/arguments';
import { labelValues } from '@medseg/datasets';
import { createImage, encodePng, type Image } from '@medseg/image-io';
import type { Classes } from '../run/classes.ts';
import { labelMapOf } from './describe-labels.ts';
import type { ResultFile, ResultTarget } from './result-file.ts';
import { type MaskSource, scanLabels } from './scan-masks.ts';
import type { ScanSegmentation } from './segment-scans.ts';

/**
 * The results of an image as files, one after another: `<name>_mask.png`, `<name>_probability.png` and
 * `<name>_uncertainty.png`, at the image's own size. A mask of one class is 0 and 255; of several it has the labels of the
 * data set, and there is a probability file per class. Probabilities and uncertainty are 16 bits, 0 to 65535. Where the
 * segmentation has what was predicted after each step, `<name>_step-1.png` and so on are its probabilities.
 *
 * Throws RangeError for a label that 16 bits have no room for.
 */
export function* imageResults(
  resultTarget: ResultTarget,
  image: Pick<Image, 'width' | 'height'>,
  scanSegmentation: ScanSegmentation,
): Generator<ResultFile> {
  requireObject('imageResults: resultTarget', resultTarget, ['name', 'classes']);
  const { name, classes } = resultTarget;
  requireObject('imageResults: image', image, ['width', 'height']);
  const { width, height } = image;
  requireObject('imageResults: scanSegmentation', scanSegmentation, ['classes', 'probability', 'uncertainty']);
  const { probability, uncertainty, classes: count, emerging = [] } = scanSegmentation;
  const file = (what: string, data: Uint8Array | Uint16Array): ResultFile => ({
    name: `${name}_${what}.png`,
    bytes: encodePng(createImage({ width, height, channels: 1, data })),
  });
  yield file('mask', maskPixels(scanSegmentation, classes));
  const words = fileWords(classes.names);
  for (const k of classes.names.keys()) {
    const own = count === 1 ? probability : probability.filter((_, i) => i % count === k);
    yield file(count === 1 ? 'probability' : `probability_${words[k]}`, shares(own));
  }
  yield file('uncertainty', shares(uncertainty));
  for (const [i, map] of emerging.entries()) {
    for (const k of classes.names.keys()) {
      const own = count === 1 ? map : map.filter((_, at) => at % count === k);
      yield file(`${stepWord(i, emerging.length)}${count === 1 ? '' : `_${words[k]}`}`, shares(own));
    }
  }
}

/** The part of a file's name that says after which step of how many, such as `step-03`. */
export function stepWord(index: number, steps: number): string {
  return `step-${String(index + 1).padStart(String(steps).length, '0')}`;
}

/** The largest value of a PNG. */
const MOST = 65535;

/**
 * Throws RangeError where the mask of an image would have a label that a PNG of 16 bits has no room for. `imageResults` does
 * it too; call it before a long computation.
 *
 * @example checkImageLabels({ names: ['a', 'b'], exclusive: true, values: [[1], [2]] }) // undefined: there is room
 */
export function checkImageLabels(classes: Classes): void {
  requireObject('checkImageLabels: classes', classes, ['names']);
  const { length: count } = classes.names;
  if (count === 1) return;
  const far = labelValues(labelMapOf(classes, count)).find(({ value }) => value < 0 || value > MOST);
  if (far === undefined) return;
  const name = far.channels.map((k) => classes.names[k]).join(' + ') || 'the background';
  throw new RangeError(`a mask of an image is a PNG, whose labels are 0 to ${MOST}, got ${far.value} for ${name}`);
}

function maskPixels(segmentation: MaskSource, classes: Classes): Uint8Array | Uint16Array {
  if (segmentation.classes > 1) checkImageLabels(classes);
  const labels = scanLabels(segmentation, classes);
  if (segmentation.classes === 1) return Uint8Array.from(labels, (value) => value * 255);
  return labels instanceof Uint8Array ? labels : Uint16Array.from(labels);
}

/** The names of classes as parts of files' names: those that would be one, such as `left lung` and `left-lung`, are numbered. */
function fileWords(names: readonly string[]): string[] {
  const words = names.map((name) => name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'class');
  // Some file systems take letters for one that differ in case or in how an accent is written.
  const keys = words.map((word) => word.normalize('NFC').toLowerCase());
  const taken = new Set(keys);
  return words.map((word, k) => {
    if (keys.indexOf(keys[k]!) === k) return word;
    let n = 2;
    while (taken.has(`${keys[k]}-${n}`)) n++;
    taken.add(`${keys[k]}-${n}`);
    return `${word}-${n}`;
  });
}

/** 0 to 1 as 16 bits. */
function shares(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (v) => Math.round(v * 65535));
}

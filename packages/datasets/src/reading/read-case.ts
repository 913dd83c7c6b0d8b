import { pickOptions, requireObject, requireOptions } from '@medseg/arguments';
import { FormatError } from '@medseg/image-io';
import { readBytes } from '@medseg/image-io/node';
import type { Case, MaskFile } from '../case.ts';
import { channelsOfMask } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import type { Scan } from '../scan.ts';
import type { AnnotatedBits, ReadCase } from './annotated.ts';
import { annotatorRemark } from './annotator-remarks.ts';
import {
  decodeMask,
  maskOfScan,
  maskOfScanOptionNames,
  type ReadMaskOptions,
  readMaskOptionNames,
} from './decode-mask.ts';
import { type ReadScanOptions, readScanOptionNames } from './decode-scan.ts';
import { emptyBits, type MaskBits } from './mask-bits.ts';
import { isSeveralFiles, readScan } from './read-scan.ts';
import { checkSegmentNumbers, type FoundSegment } from './segment-classes.ts';
import { uniteParts } from './unite-parts.ts';

/**
 * Reads the image and the masks of a case at their own size. The files of one annotator are united.
 *
 * `case.reading` says how, where `options` does not.
 *
 * Throws FormatError for broken files, and DataError when a mask's grid differs from the image's, its values are of no
 * class, or segments of several names share a number by which their class would be found.
 *
 * @example const { scan, masks } = await readCase(listing.cases[0])
 */
export async function readCase(c: Case, given: ReadMaskOptions = {}): Promise<ReadCase> {
  requireObject('readCase: c', c, ['id', 'patient', 'images', 'masks']);
  requireOptions('readCase', given, readMaskOptionNames);
  const { maxFileBytes = c.reading?.maxFileBytes } = given;
  const segments: FoundSegment[] = [];
  const onSegment = (segment: FoundSegment): void => {
    segments.push(segment);
    given.onSegment?.(segment);
  };
  const options = { ...given, onSegment, ...(maxFileBytes !== undefined && { maxFileBytes }) };
  const asScan: ReadScanOptions = { ...options, ...(c.series !== undefined && { series: c.series }) };
  const scan = await readScan(c.images, pickOptions(asScan, readScanOptionNames));
  const byAnnotator = new Map<string | undefined, MaskFile[]>();
  for (const mask of c.masks) byAnnotator.set(mask.annotator, [...(byAnnotator.get(mask.annotator) ?? []), mask]);
  const masks: AnnotatedBits[] = [];
  for (const [annotator, files] of byAnnotator)
    masks.push({ annotator, bits: await readParts(c, files, scan, options) });
  checkSegmentNumbers(segments, c.classes?.names ?? []);
  const text =
    options.onRemark &&
    annotatorRemark(
      masks.map(({ bits }) => bits),
      channelsOfMask(c).count,
    );
  if (text !== undefined) options.onRemark?.({ file: c.images[0]!, text });
  return { scan, masks };
}

/** The mask of one annotator. */
async function readParts(c: Case, files: readonly MaskFile[], scan: Scan, options: ReadMaskOptions): Promise<MaskBits> {
  const parts: MaskBits[] = [];
  for (const file of files) parts.push(await readMask(c, file, scan, options));
  if (parts.length === 1) return parts[0]!;
  const { bits, overlaps, disputed } = uniteParts(parts, channelsOfMask(c));
  const say = (text: string): void => options.onRemark?.({ file: c.images[0]!, text });
  if (files.every(({ ofClass }) => ofClass === undefined))
    say(
      overlaps
        ? 'it has several masks, which overlap: they are united as parts of one mask; name them _rater1, _rater2 if they are of several annotators'
        : 'it has several masks, which do not overlap: they are united as parts of one mask',
    );
  if (disputed) say('its masks give some pixels to several classes: the last of them has each');
  return bits;
}

async function readMask(c: Case, { path, ofClass }: MaskFile, scan: Scan, options: ReadMaskOptions): Promise<MaskBits> {
  if (ofClass !== undefined) return await readMaskOfClass(c, { path, ofClass }, scan, options);
  return (await isSeveralFiles(path))
    ? maskOfScan(
        await readScan(path, pickOptions<ReadScanOptions>({ ...options, kind: 'mask' }, readScanOptionNames)),
        scan,
        c,
        path,
        pickOptions(options, maskOfScanOptionNames),
      )
    : await decodeMask(await readBytes(path), path, scan, c, options);
}

/** A mask of two values as that of one class. */
async function readMaskOfClass(
  c: Case,
  { path, ofClass }: Required<Pick<MaskFile, 'path' | 'ofClass'>>,
  scan: Scan,
  options: ReadMaskOptions,
): Promise<MaskBits> {
  const k = c.classes?.names.indexOf(ofClass) ?? -1;
  if (k < 0) throw new RangeError(`readCase: the mask ${path} must be of a class of ${c.id}, got ${ofClass}`);
  const { classes, ...binary } = c;
  const { onMaskValues, ...rest } = options; // what marks one class may be another number in each file
  const marked = await readMask(binary, { path }, scan, rest);
  const bits = emptyBits(marked.length, channelsOfMask(c).count);
  for (let i = 0; i < bits.length; i++) if (marked[i] !== 0) bits[i] = 2 ** k;
  return bits;
}

/** What an error says about the data; throws it again when it is about something else. */
export function problemsOf(error: unknown): { file: string; rule: string }[] {
  if (error instanceof DataError) return error.problems;
  if (error instanceof FormatError) {
    const where = error.offset === undefined ? '' : ` (byte ${error.offset})`;
    return [{ file: error.file ?? '', rule: `${error.rule}${where}` }];
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path) return [{ file: path, rule: 'the file must exist' }];
  if (code === 'ELOOP' && path) return [{ file: path, rule: 'a link must lead to a file, it leads in a circle' }];
  throw error;
}

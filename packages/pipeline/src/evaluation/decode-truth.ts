import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import {
  type AnnotatedBits,
  annotatorRemark,
  type ClassMap,
  caseAnnotators,
  caseIgnored,
  caseTruth,
  channelsOfMask,
  checkSegmentNumbers,
  decodeMask,
  decodeScan,
  type FoundSegment,
  type ReadMaskOptions,
  uniteParts,
} from '@medseg/datasets';
import type { TruthCase } from './truth.ts';

/** A file in memory. */
export interface NamedBytes {
  /** Name of the file; its end may decide the format. */
  readonly name: string;
  /** Content of the file. */
  readonly bytes: Uint8Array;
}

/** A mask in memory, and who drew it. */
export interface MaskBytes extends NamedBytes {
  /** Masks of one annotator are parts of one mask, such as lesions; a mask without one is an annotator's own. */
  readonly annotator?: string;
}

/** The files of a case in memory: its image or volume, and one mask per annotator, each in one or more files. */
export interface CaseFiles {
  /** Unique among the cases. */
  readonly id: string;
  /** Whose case it is. */
  readonly patient: string;
  /** The file of the image or volume. */
  readonly image: NamedBytes;
  /** The files of the masks. */
  readonly masks: readonly MaskBytes[];
  /** What the values of the masks mean; without it a mask has two values. */
  readonly classes?: ClassMap | undefined;
}

const decodeTruthCaseOptionNames: OptionNames<Pick<ReadMaskOptions, 'onRemark'>> = { onRemark: true };

/**
 * Decodes a case and its reference masks, for {@link evaluateCases} where there is no file system; of several annotators
 * the majority is the truth, and each has masks of their own beside it. Pixels of a label to ignore count in no score. `onRemark` is called with what should be known about the files. Throws FormatError and DataError,
 * which name the file.
 *
 * @example const truth = await decodeTruthCase({ id: 'a', patient: 'p', image, masks: [mask] });
 */
export async function decodeTruthCase(
  caseFiles: CaseFiles,
  given: Pick<ReadMaskOptions, 'onRemark'> = {},
): Promise<TruthCase> {
  requireObject('decodeTruthCase: caseFiles', caseFiles, ['id', 'patient', 'image', 'masks']);
  const { id, patient, image, masks, classes } = caseFiles;
  requireOptions('decodeTruthCase', given, decodeTruthCaseOptionNames);
  const { onRemark } = given;
  const segments: FoundSegment[] = [];
  const onSegment = (segment: FoundSegment): void => void segments.push(segment);
  const options = { onSegment, ...(onRemark && { onRemark }) };
  const scan = await decodeScan(image.bytes, image.name, { ...(onRemark && { onRemark }) });
  const c = { id, images: [image.name], ...(classes && { classes }) };
  const drawn: AnnotatedBits[] = [];
  for (const { name, bytes, annotator } of masks) {
    const bits = await decodeMask(bytes, name, scan, c, options);
    const same = annotator === undefined ? undefined : drawn.find((each) => each.annotator === annotator);
    if (same) same.bits = uniteParts([same.bits, bits], channelsOfMask(c)).bits;
    else drawn.push({ annotator, bits });
  }
  checkSegmentNumbers(segments, classes?.names ?? []);
  const text =
    onRemark &&
    annotatorRemark(
      drawn.map(({ bits }) => bits),
      channelsOfMask(c).count,
    );
  if (text !== undefined) onRemark?.({ file: image.name, text });
  const ignored = caseIgnored({ masks: drawn }, c);
  if (ignored)
    onRemark?.({
      file: masks[0]!.name,
      text: 'pixels with the label to ignore count in no score',
      detail: `${ignored.reduce((sum, one) => sum + one, 0)} of ${ignored.length}`,
    });
  const annotators = caseAnnotators({ masks: drawn }, c);
  return {
    ...{ id, patient, scan, truth: caseTruth({ masks: drawn }, c) },
    ...(ignored && { ignored }),
    ...(annotators && { annotators }),
  };
}

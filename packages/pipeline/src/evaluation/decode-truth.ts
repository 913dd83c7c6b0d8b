import { type AnnotatedBits, type ClassMap, caseTruth, decodeMask, decodeScan } from '@medseg/datasets';
import type { TruthCase } from './truth.ts';

/** A file in memory. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of a case in memory: its image or volume, and one mask per annotator. */
export interface CaseFiles {
  readonly id: string;
  readonly patient: string;
  readonly image: NamedBytes;
  readonly masks: readonly NamedBytes[];
  /** What the values of the masks mean; without it a mask has two values. */
  readonly classes?: ClassMap | undefined;
}

/**
 * Decodes a case and its reference masks, for {@link evaluateCases} where there is no file system; of several annotators
 * the majority counts. Throws FormatError and DataError, which name the file.
 *
 * @example const truth = await decodeTruthCase({ id: 'a', patient: 'p', image, masks: [mask] });
 */
export async function decodeTruthCase({ id, patient, image, masks, classes }: CaseFiles): Promise<TruthCase> {
  const scan = await decodeScan(image.bytes, image.name);
  const c = { id, images: [image.name], ...(classes && { classes }) };
  const drawn: AnnotatedBits[] = [];
  for (const { name, bytes } of masks) drawn.push({ bits: await decodeMask(bytes, name, scan, c) });
  return { id, patient, scan, truth: caseTruth({ masks: drawn }, c) };
}

import { sniffFormat } from '@medseg/image-io';
import { readHead } from '@medseg/image-io/node';

/** Segmentation Storage and Label Map Segmentation Storage (PS3.4, B.5). */
const SEGMENTATIONS = ['1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7'];

/**
 * Classes that lie beside a series without being one (PS3.4, B.5 and PS3.6, A): DICOMDIR, waveforms, presentation states,
 * raw data, registrations, surfaces and measurements, structured reports, documents, and what radiotherapy plans.
 */
const NOT_IMAGES =
  /^1\.2\.840\.10008\.(1\.3\.10|5\.1\.4\.1\.1\.(9|11|66|67|68|78|79|80|88|104)|5\.1\.4\.1\.1\.481\.([2-9]|1\d)|5\.1\.4\.(3\d|4\d)\.)/;

/** The tag of the SOP class in the file meta information and in the data set, there in either byte order. */
const SOP_CLASS_TAGS = [
  [2, 0, 2, 0],
  [8, 0, 0x16, 0],
  [0, 8, 0, 0x16],
].map((bytes) => Buffer.from(bytes));

/**
 * What a DICOM file holds, by its SOP class, of which only the first kilobyte is read: images, a segmentation, or
 * something else; undefined where the file is not DICOM.
 */
export async function dicomKind(file: string): Promise<'image' | 'segmentation' | 'other' | undefined> {
  const head = await readHead(file, 1024);
  if (sniffFormat(head) !== 'DICOM') return undefined;
  const sopClass = sopClassIn(Buffer.from(head.buffer, head.byteOffset, head.length));
  if (SEGMENTATIONS.includes(sopClass)) return 'segmentation';
  return NOT_IMAGES.test(`${sopClass}.`) ? 'other' : 'image';
}

/** The value of the first element that names a class; its VR and length take four bytes, or its length alone. */
function sopClassIn(head: Buffer): string {
  const places = SOP_CLASS_TAGS.map((tag) => head.indexOf(tag)).filter((place) => place >= 0);
  if (places.length === 0) return '';
  return /^[\d.]*/.exec(head.toString('latin1', Math.min(...places) + 8))![0];
}

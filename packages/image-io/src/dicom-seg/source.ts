import type { DicomDataset } from '../dicom/dataset.ts';
import { decodeText, encodingOf } from '../dicom/text.ts';
import type { DicomEntry, DicomForm } from '../dicom/writer.ts';

/** Elements of patient, study, series and frame of reference that a derived file has from its source, by type. */
const copied: [tag: number, form: DicomForm, isRequired: boolean][] = [
  [0x00080020, 'DA', true],
  [0x00080030, 'TM', true],
  [0x00080050, 'SH', true],
  [0x00080090, 'PN', true],
  [0x00080201, 'SH', false],
  [0x00081030, 'LO', false],
  [0x00100010, 'PN', true],
  [0x00100020, 'LO', true],
  [0x00100021, 'LO', false],
  [0x00100030, 'DA', true],
  [0x00100032, 'TM', false],
  [0x00100040, 'CS', true],
  [0x00101010, 'AS', false],
  [0x00101020, 'DS', false],
  [0x00101030, 'DS', false],
  [0x00180015, 'CS', false],
  [0x0020000d, 'UI', true],
  [0x00200010, 'SH', true],
  [0x00200052, 'UI', false],
  [0x00200060, 'CS', false],
  [0x00201040, 'LO', false],
];

/**
 * What is copied from the source, and the character set of the new file. Values are copied byte by byte; elements that must
 * be there and are not are empty. Where new text needs more than ASCII, the file is in UTF-8, and what is copied too.
 *
 * Throws RangeError where copied text would have to be turned into UTF-8 and its character set is not told or not known.
 */
export function copiedEntries(dataset: DicomDataset, newTexts: readonly string[]): DicomEntry[] {
  const entries = copied.flatMap(([tag, form, isRequired]): DicomEntry[] => {
    const value = dataset.raw(tag);
    if (value === undefined || value.length === 0) return isRequired ? [[tag, form, '']] : [];
    return [[tag, form, value]];
  });
  // Saying that a patient's identity was removed takes saying how.
  const method = dataset.raw(0x00120063);
  if (method?.length) {
    const removed = dataset.raw(0x00120062);
    if (removed?.length) entries.push([0x00120062, 'CS', removed], [0x00120063, 'LO', method]);
  }
  const isLossy = dataset.text(0x00282110) === '01';
  entries.push([0x00282110, 'CS', isLossy ? '01' : '00']);
  for (const [tag, form] of [
    [0x00282112, 'DS'],
    [0x00282114, 'CS'],
  ] as const) {
    const value = dataset.raw(tag);
    if (isLossy && value?.length) entries.push([tag, form, value]);
  }
  return inCharacterSet(dataset, entries, newTexts);
}

const specificCharacterSet = 0x00080005;
const utf8: DicomEntry = [specificCharacterSet, 'CS', 'ISO_IR 192'];

function inCharacterSet(dataset: DicomDataset, entries: DicomEntry[], newTexts: readonly string[]): DicomEntry[] {
  const own = dataset.raw(specificCharacterSet);
  const name = dataset.text(specificCharacterSet) ?? '';
  if (newTexts.every(isAscii) || name === 'ISO_IR 192')
    return own?.length ? [[specificCharacterSet, 'CS', own], ...entries] : entries;
  const turned = entries.map((entry): DicomEntry => {
    const [tag, form, value] = entry;
    if (!(value instanceof Uint8Array) || value.every((byte) => byte < 0x80 && byte !== 0x1b)) return entry;
    if (!encodingOf(value, name))
      throw new RangeError(
        `encodeDicomSegmentation: labels must be ASCII, as the source's text is in the character set ${name ? name.slice(0, 40) : 'that it does not name'}`,
      );
    return [tag, form, decodeText(value, name)];
  });
  return [utf8, ...turned];
}

const isAscii = (text: string): boolean => [...text].every((character) => character < '\x80');

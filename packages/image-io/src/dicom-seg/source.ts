import type { DicomDataset } from '../dicom/dataset.ts';
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
  [0x00200052, 'UI', true],
  [0x00200060, 'CS', false],
  [0x00201040, 'LO', true],
];

/** What is copied from the source, byte by byte; elements that must be there and are not are empty. */
export function copiedEntries(dataset: DicomDataset): DicomEntry[] {
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
  return entries;
}

const isAscii = (bytes: Uint8Array): boolean => bytes.every((byte) => byte < 0x80);

/**
 * The character set of the new file: the source's, of which text is copied, or UTF-8 where new text needs it and copied
 * text is ASCII.
 *
 * Throws RangeError where new text has characters that the source's character set has no room for.
 */
export function characterSet(dataset: DicomDataset, texts: readonly string[]): DicomEntry[] {
  const set = dataset.raw(0x00080005);
  const name = dataset.text(0x00080005) ?? '';
  const own: DicomEntry[] = set?.length ? [[0x00080005, 'CS', set]] : [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is ASCII is the question
  const isPlain = texts.every((text) => /^[\x00-\x7f]*$/.test(text));
  if (isPlain || name === 'ISO_IR 192') return own;
  if (copied.every(([tag]) => isAscii(dataset.raw(tag) ?? new Uint8Array(0))))
    return [[0x00080005, 'CS', 'ISO_IR 192']];
  throw new RangeError(
    `encodeDicomSegmentation: labels must be ASCII, as the source's text is in the character set ${name.slice(0, 40)}`,
  );
}

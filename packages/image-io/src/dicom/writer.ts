/** Value representations that are written (PS3.5, 6.2). */
export type DicomForm =
  | 'AE'
  | 'AS'
  | 'AT'
  | 'CS'
  | 'DA'
  | 'DS'
  | 'FD'
  | 'FL'
  | 'IS'
  | 'LO'
  | 'LT'
  | 'OB'
  | 'OW'
  | 'PN'
  | 'SH'
  | 'SQ'
  | 'ST'
  | 'TM'
  | 'UI'
  | 'UL'
  | 'US'
  | 'UT';

/** An element to be written: `0xggggeeee`, its form and value. */
export type DicomEntry = [
  tag: number,
  form: DicomForm,
  value: string | readonly number[] | Uint8Array | readonly (readonly DicomEntry[])[],
];

const longForms = new Set<DicomForm>(['OB', 'OW', 'SQ', 'UT']);
const numberForms: Partial<
  Record<DicomForm, { bytes: number; write: 'setUint16' | 'setUint32' | 'setFloat32' | 'setFloat64' }>
> = {
  US: { bytes: 2, write: 'setUint16' },
  UL: { bytes: 4, write: 'setUint32' },
  FL: { bytes: 4, write: 'setFloat32' },
  FD: { bytes: 8, write: 'setFloat64' },
};

/**
 * Encodes a data set as Explicit VR Little Endian with sequences of known length (PS3.5, 7.1 and 7.5). Elements are put
 * in order. Text is UTF-8; values that are copied from another file come as bytes. Written here because dcmjs, which can
 * do it, has no types, is 1.3 MB, and needs the whole of a source file as its own objects.
 *
 * Throws RangeError for a value that its form has no room for.
 */
function encodeDataset(entries: readonly DicomEntry[]): Uint8Array {
  const sorted = [...entries].sort(([a], [b]) => a - b);
  return concat(sorted.flatMap((entry) => encodeElement(entry)));
}

/** A whole file: the free bytes, the file's own elements, the data set (PS3.10, 7.1). */
export function encodeDicomFile(
  { sopClass, sopInstance }: { sopClass: string; sopInstance: string },
  entries: readonly DicomEntry[],
): Uint8Array {
  const meta = encodeDataset([
    [0x00020001, 'OB', Uint8Array.of(0, 1)],
    [0x00020002, 'UI', sopClass],
    [0x00020003, 'UI', sopInstance],
    [0x00020010, 'UI', '1.2.840.10008.1.2.1'],
    [0x00020012, 'UI', implementationUid],
    [0x00020013, 'SH', 'MEDSEG_IMAGE_IO'],
  ]);
  const start = new Uint8Array(132);
  start.set([0x44, 0x49, 0x43, 0x4d], 128);
  return concat([start, encodeDataset([[0x00020000, 'UL', [meta.length]]]), meta, encodeDataset(entries)]);
}

/** Made once, from a random UUID (PS3.5, B.2). */
const implementationUid = '2.25.231419426636986924856100198601942622438';

function encodeElement([tag, form, value]: DicomEntry): Uint8Array[] {
  const body = encodeValue(tag, form, value);
  const isLong = longForms.has(form);
  checkLength(body);
  if (!isLong && body.length > 0xfffe)
    throw new RangeError(`DICOM: an element of form ${form} has room for 65534 bytes, got ${body.length}`);
  const head = new Uint8Array(isLong ? 12 : 8);
  const view = new DataView(head.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  head.set([form.charCodeAt(0), form.charCodeAt(1)], 4);
  if (isLong) view.setUint32(8, body.length, true);
  else view.setUint16(6, body.length, true);
  return [head, body];
}

function encodeValue(tag: number, form: DicomForm, value: DicomEntry[2]): Uint8Array {
  if (value instanceof Uint8Array) return even(value, form === 'UI' || form === 'OB' || form === 'OW' ? 0 : 0x20);
  if (typeof value === 'string') return even(new TextEncoder().encode(value), form === 'UI' ? 0 : 0x20);
  if (form === 'SQ') return concat((value as readonly (readonly DicomEntry[])[]).flatMap(encodeItem));
  const numbers = value as readonly number[];
  if (form === 'DS' || form === 'IS')
    return even(new TextEncoder().encode(numbers.map((n) => (form === 'DS' ? decimal(n) : `${n}`)).join('\\')), 0x20);
  if (form === 'AT') {
    const words = numbers.flatMap((n) => [n >>> 16, n & 0xffff]);
    return encodeValue(tag, 'US', words);
  }
  const how = numberForms[form];
  if (!how) throw new RangeError(`DICOM: numbers cannot be written as ${form}`);
  const bytes = new Uint8Array(numbers.length * how.bytes);
  const view = new DataView(bytes.buffer);
  for (const [i, number] of numbers.entries()) view[how.write](i * how.bytes, number, true);
  return bytes;
}

function encodeItem(entries: readonly DicomEntry[]): Uint8Array[] {
  const body = encodeDataset(entries);
  checkLength(body);
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint16(0, 0xfffe, true);
  view.setUint16(2, 0xe000, true);
  view.setUint32(4, body.length, true);
  return [head, body];
}

/** Lengths have 32 bits, of which the last number means that none is given. Throws RangeError for longer values. */
export function checkLength({ length }: Pick<Uint8Array, 'length'>): void {
  if (length >= 0xffffffff) throw new RangeError(`DICOM: a value has room for 4294967294 bytes, got ${length}`);
}

/** A decimal string has room for 16 characters: as many digits as fit. */
export function decimal(value: number): string {
  const exact = `${value + 0}`; // plain 0 of -0
  if (exact.length <= 16) return exact;
  for (let digits = 16; digits > 0; digits--) {
    const rounded = Number(value.toPrecision(digits));
    const text = [`${rounded}`, rounded.toExponential()].find(({ length }) => length <= 16);
    if (text !== undefined) return text;
  }
  throw new RangeError(`DICOM: a number must fit into 16 characters, got ${value}`);
}

function even(bytes: Uint8Array, pad: number): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const padded = new Uint8Array(bytes.length + 1);
  padded.set(bytes);
  padded[bytes.length] = pad;
  return padded;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

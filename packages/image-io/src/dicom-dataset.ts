import { FormatError } from './format-error.ts';

/** One element of a data set: where its value lies. */
interface Element {
  offset: number;
  length: number;
}

/** The elements of a DICOM data set by tag, `0xggggeeee`; values are read when they are asked for. */
export interface DicomDataset {
  /** The value's place, or undefined when it is not there. */
  element(tag: number): Element | undefined;
  /** The first value of an unsigned 16-bit element. */
  unsigned(tag: number): number | undefined;
  /** A string without padding. */
  text(tag: number): string | undefined;
  /** The numbers of a decimal or integer string. */
  numbers(tag: number): number[] | undefined;
  /** The items of a sequence; none when it is not there. */
  items(tag: number): DicomDataset[];
}

const implicitLittleEndian = '1.2.840.10008.1.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
const transferSyntax = 0x00020010;
const pixelData = 0x7fe00010;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const unknownLength = 0xffffffff;
/** Value representations whose length takes four bytes after two that are reserved (PS3.5, 7.1.2). */
const longForms = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
/** Sequences within sequences; files have four or five. */
const deepest = 32;

export function isDicom(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
}

/**
 * Reads the data set of a DICOM file (PS3.10), Implicit or Explicit VR Little Endian with its pixels as they are.
 *
 * Throws FormatError for what is not one, for elements that do not fit into the file, and for other transfer syntaxes.
 */
export function readDicomDataset(bytes: Uint8Array, file?: string): DicomDataset {
  if (!isDicom(bytes)) throw new FormatError('a DICOM file must have "DICM" at byte 128', { file, offset: 128 });
  const reader = new Reader(bytes, file);
  const [meta, start] = reader.dataset(132, bytes.length, true, 0, (tag) => tag >>> 16 !== 2);
  const syntax = view(reader, meta, true).text(transferSyntax);
  if (syntax !== implicitLittleEndian && syntax !== explicitLittleEndian)
    reader.fail(`a DICOM file must be Implicit or Explicit VR Little Endian, not compressed, got ${syntax}`, 132);
  const isExplicit = syntax === explicitLittleEndian;
  const [elements] = reader.dataset(start, bytes.length, isExplicit, 0);
  return view(reader, elements, isExplicit);
}

function view(reader: Reader, elements: Map<number, Element>, isExplicit: boolean): DicomDataset {
  const text = (tag: number): string | undefined => {
    const found = elements.get(tag);
    return (
      found &&
      reader
        .text(found)
        .replace(/[\0 ]+$/, '')
        .trimStart()
    );
  };
  return {
    element: (tag) => elements.get(tag),
    unsigned(tag) {
      const found = elements.get(tag);
      return found && found.length >= 2 ? reader.word(found.offset) : undefined;
    },
    text,
    numbers: (tag) => text(tag)?.split('\\').map(Number),
    items(tag) {
      const found = elements.get(tag);
      if (!found) return [];
      return reader.items(found, isExplicit).map((each) => view(reader, each, isExplicit));
    },
  };
}

class Reader {
  private readonly data: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string | undefined,
  ) {
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(rule: string, offset: number): never {
    throw new FormatError(rule, { file: this.file, offset });
  }

  word(offset: number): number {
    if (offset + 2 > this.bytes.length) this.fail('the DICOM file is truncated', this.bytes.length);
    return this.data.getUint16(offset, true);
  }

  private long(offset: number): number {
    if (offset + 4 > this.bytes.length) this.fail('the DICOM file is truncated', this.bytes.length);
    return this.data.getUint32(offset, true);
  }

  private tag(offset: number): number {
    return this.word(offset) * 65536 + this.word(offset + 2);
  }

  text({ offset, length }: Element): string {
    return new TextDecoder('latin1').decode(this.bytes.subarray(offset, offset + length));
  }

  /** The elements from `offset` to `end`, to an item's end, or to the first tag that `isOver` names; and where it stopped. */
  dataset(
    offset: number,
    end: number,
    isExplicit: boolean,
    depth: number,
    isOver: (tag: number) => boolean = () => false,
  ): [Map<number, Element>, number] {
    if (depth > deepest) this.fail(`DICOM sequences may be ${deepest} deep, got more`, offset);
    const elements = new Map<number, Element>();
    while (offset < end) {
      const tag = this.tag(offset);
      if (isOver(tag)) break;
      if (tag === itemEnd) return [elements, offset + 8];
      let value = offset + 8;
      let length = this.long(offset + 4);
      let form: string | undefined;
      if (isExplicit) {
        form = String.fromCharCode(this.bytes[offset + 4]!, this.bytes[offset + 5]!);
        if (!/^[A-Z]{2}$/.test(form)) this.fail('a DICOM element must have a value representation', offset + 4);
        if (longForms.has(form)) {
          length = this.long(offset + 8);
          value = offset + 12;
        } else {
          length = this.word(offset + 6);
        }
      }
      if (length === unknownLength) {
        if (tag === pixelData) this.fail('DICOM pixels must not be compressed', offset);
        // A sequence of unknown representation is written as implicit (PS3.5, 6.2.2).
        const after = this.skipItems(value, end, isExplicit && form !== 'UN', depth);
        elements.set(tag, { offset: value, length: after - value });
        offset = after;
        continue;
      }
      if (value + length > end)
        this.fail(`the DICOM file is truncated: an element of ${length} bytes does not fit`, offset);
      elements.set(tag, { offset: value, length });
      offset = value + length;
    }
    return [elements, offset];
  }

  /** Offset after a sequence that goes on to its own end mark. */
  private skipItems(offset: number, end: number, isExplicit: boolean, depth: number): number {
    while (offset < end) {
      const tag = this.tag(offset);
      const length = this.long(offset + 4);
      if (tag === sequenceEnd) return offset + 8;
      if (tag !== item) this.fail('a DICOM sequence must hold items', offset);
      offset = length === unknownLength ? this.dataset(offset + 8, end, isExplicit, depth + 1)[1] : offset + 8 + length;
    }
    return this.fail('the DICOM file is truncated: a sequence has no end', end);
  }

  items({ offset, length }: Element, isExplicit: boolean): Map<number, Element>[] {
    const end = offset + length;
    const found: Map<number, Element>[] = [];
    while (offset < end) {
      const tag = this.tag(offset);
      if (tag === sequenceEnd) break;
      if (tag !== item) this.fail('a DICOM sequence must hold items', offset);
      const size = this.long(offset + 4);
      const itemStop = size === unknownLength ? end : offset + 8 + size;
      if (itemStop > end) this.fail('the DICOM file is truncated: an item does not fit', offset);
      const [elements, after] = this.dataset(offset + 8, itemStop, isExplicit, 1);
      found.push(elements);
      offset = size === unknownLength ? after : itemStop;
    }
    return found;
  }
}

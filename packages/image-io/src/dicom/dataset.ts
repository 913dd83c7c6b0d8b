import { Inflate } from 'fflate';
import { FormatError } from '../format-error.ts';
import { defaultMaxBytes } from '../image.ts';
import { type TransferSyntax, transferSyntaxes, unreadSyntaxes } from './transfer-syntax.ts';

/** One element of a data set: where its value lies. */
interface DicomElement {
  offset: number;
  length: number;
  /** The value representation, where the file has it. */
  form?: string | undefined;
  /** The pieces of compressed pixels: first the table of offsets, which may be empty. */
  fragments?: { offset: number; length: number }[];
}

/** The elements of a DICOM data set by tag, `0xggggeeee`; values are read when they are asked for. */
export interface DicomDataset {
  syntax: TransferSyntax;
  /** The bytes in which elements lie; those of the file unless it is deflated. */
  bytes: Uint8Array;
  /** The value's place, or undefined when it is not there. */
  element(tag: number): DicomElement | undefined;
  /** The bytes of a value as they stand. */
  raw(tag: number): Uint8Array | undefined;
  /** The first value of an unsigned 16-bit element. */
  unsigned(tag: number): number | undefined;
  /** A string without padding. */
  text(tag: number): string | undefined;
  /** The numbers of a decimal or integer string. */
  numbers(tag: number): number[] | undefined;
  /** The items of a sequence; none when it is not there. */
  items(tag: number): DicomDataset[];
}

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
 * Reads the data set of a DICOM file (PS3.10): Implicit and Explicit VR Little Endian, Explicit VR Big Endian, Deflated,
 * and the syntaxes with compressed pixels that `transferSyntaxes` lists.
 *
 * Throws FormatError for what is not one, for elements that do not fit into the file, for other transfer syntaxes, and
 * where a deflated file is larger than `maxBytes`.
 */
export function readDicomDataset(bytes: Uint8Array, file?: string, maxBytes: number = defaultMaxBytes): DicomDataset {
  if (!isDicom(bytes)) throw new FormatError('a DICOM file must have "DICM" at byte 128', { file, offset: 128 });
  const metaSyntax = transferSyntaxes['1.2.840.10008.1.2.1']!;
  const head = new Reader(bytes, file, metaSyntax);
  const [meta, start] = head.dataset(132, bytes.length, true, 0, (tag) => tag >>> 16 !== 2);
  const uid = view(head, meta, true).text(transferSyntax);
  const syntax = transferSyntaxes[uid ?? ''];
  if (!syntax) {
    const name = uid !== undefined && unreadSyntaxes[uid] ? ` (${unreadSyntaxes[uid]})` : '';
    return head.fail(
      `the transfer syntax of a DICOM file must be Implicit, Explicit or Deflated VR, RLE, JPEG, JPEG-LS or JPEG 2000, got ${uid}${name}`,
      132,
    );
  }
  const body = syntax.isDeflated ? inflate(bytes.subarray(start), maxBytes, file) : bytes;
  const reader = new Reader(body, file, syntax);
  const [elements] = reader.dataset(syntax.isDeflated ? 0 : start, body.length, syntax.isExplicit, 0);
  return view(reader, elements, syntax.isExplicit);
}

/** Inflates a whole data set; how large it is, no header says. */
function inflate(bytes: Uint8Array, maxBytes: number, file: string | undefined): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    const stream = new Inflate((chunk) => {
      total += chunk.length;
      if (total <= maxBytes) chunks.push(chunk);
    });
    for (let start = 0; start < bytes.length && total <= maxBytes; start += 4096)
      stream.push(bytes.subarray(start, start + 4096), false);
  } catch (cause) {
    throw new FormatError(`the deflated DICOM file is broken: ${(cause as Error).message}`, { file, cause });
  }
  if (total > maxBytes)
    throw new FormatError(`the deflated DICOM file holds over ${maxBytes} bytes, the limit maxBytes`, { file });
  const body = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

function view(reader: Reader, elements: Map<number, DicomElement>, isExplicit: boolean): DicomDataset {
  const raw = (tag: number): Uint8Array | undefined => {
    const found = elements.get(tag);
    return found && reader.bytes.subarray(found.offset, found.offset + found.length);
  };
  const text = (tag: number): string | undefined => {
    const value = raw(tag);
    return (
      value &&
      new TextDecoder('latin1')
        .decode(value)
        .replace(/[\0 ]+$/, '')
        .trimStart()
    );
  };
  return {
    syntax: reader.syntax,
    bytes: reader.bytes,
    element: (tag) => elements.get(tag),
    raw,
    unsigned(tag) {
      const found = elements.get(tag);
      return found && found.length >= 2 ? reader.word(found.offset) : undefined;
    },
    text,
    numbers(tag) {
      const value = text(tag);
      return value === undefined || value === '' ? undefined : value.split('\\').map(Number);
    },
    items(tag) {
      const found = elements.get(tag);
      if (!found) return [];
      // A sequence of unknown representation is written as implicit (PS3.5, 6.2.2).
      const inner = isExplicit && found.form !== 'UN';
      return reader.items(found, inner).map((each) => view(reader, each, inner));
    },
  };
}

class Reader {
  private readonly data: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private readonly file: string | undefined,
    readonly syntax: TransferSyntax,
  ) {
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(rule: string, offset: number): never {
    throw new FormatError(rule, { file: this.file, offset });
  }

  word(offset: number): number {
    if (offset + 2 > this.bytes.length) this.fail('the DICOM file is truncated', this.bytes.length);
    return this.data.getUint16(offset, this.syntax.littleEndian);
  }

  private long(offset: number): number {
    if (offset + 4 > this.bytes.length) this.fail('the DICOM file is truncated', this.bytes.length);
    return this.data.getUint32(offset, this.syntax.littleEndian);
  }

  private tag(offset: number): number {
    return this.word(offset) * 65536 + this.word(offset + 2);
  }

  /** The elements from `offset` to `end`, to an item's end, or to the first tag that `isOver` names; and where it stopped. */
  dataset(
    offset: number,
    end: number,
    isExplicit: boolean,
    depth: number,
    isOver: (tag: number) => boolean = () => false,
  ): [Map<number, DicomElement>, number] {
    if (depth > deepest) this.fail(`DICOM sequences may be ${deepest} deep, got more`, offset);
    const elements = new Map<number, DicomElement>();
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
        if (tag === pixelData) {
          const [fragments, after] = this.fragments(value, end);
          elements.set(tag, { offset: value, length: after - value, form, fragments });
          offset = after;
          continue;
        }
        const after = this.skipItems(value, end, isExplicit && form !== 'UN', depth);
        elements.set(tag, { offset: value, length: after - value, form });
        offset = after;
        continue;
      }
      if (value + length > end)
        this.fail(`the DICOM file is truncated: an element of ${length} bytes does not fit`, offset);
      elements.set(tag, { offset: value, length, form });
      offset = value + length;
    }
    return [elements, offset];
  }

  /** The pieces of compressed pixels (PS3.5, A.4), and the offset after them. */
  private fragments(offset: number, end: number): [{ offset: number; length: number }[], number] {
    const found: { offset: number; length: number }[] = [];
    while (offset < end) {
      const tag = this.tag(offset);
      const length = this.long(offset + 4);
      if (tag === sequenceEnd) return [found, offset + 8];
      if (tag !== item) this.fail('compressed DICOM pixels must be in items', offset);
      if (offset + 8 + length > end)
        this.fail(`the DICOM file is truncated: a piece of ${length} bytes of its pixels does not fit`, offset);
      found.push({ offset: offset + 8, length });
      offset += 8 + length;
    }
    return this.fail('the DICOM file is truncated: its compressed pixels have no end', end);
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

  items({ offset, length }: DicomElement, isExplicit: boolean): Map<number, DicomElement>[] {
    const end = offset + length;
    const found: Map<number, DicomElement>[] = [];
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

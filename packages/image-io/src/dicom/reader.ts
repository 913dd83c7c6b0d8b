import { FormatError } from '../format-error.ts';
import { explicitHead, implicitHead, unknownLength } from './element-head.ts';
import { encodingAt } from './recognise.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

/** One element of a data set: where its value lies. */
export interface DicomElement {
  offset: number;
  length: number;
  /** The value representation, where the file has it. */
  form?: string | undefined;
  /** The pieces of compressed pixels: first the table of offsets, which may be empty. */
  fragments?: { offset: number; length: number }[];
}

const pixelData = 0x7fe00010;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
/** Sequences within sequences; files have four or five. */
const deepest = 32;

/** Walks the elements of a data set. */
export class Reader {
  private readonly data: DataView;

  /** Where the zeros begin that some archives put behind the last element. */
  private readonly padding: number;

  constructor(
    readonly bytes: Uint8Array,
    private readonly file: string | undefined,
    readonly syntax: TransferSyntax,
  ) {
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    this.padding = end;
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
    declaredExplicit: boolean,
    depth: number,
    isOver: (tag: number) => boolean = () => false,
  ): [Map<number, DicomElement>, number] {
    if (depth > deepest) this.fail(`DICOM sequences may be ${deepest} deep, got more`, offset);
    const elements = new Map<number, DicomElement>();
    // Items in an explicit file may be implicit, and those of an unknown representation explicit.
    const { isExplicit } = encodingAt(this.bytes, offset, { ...this.syntax, isExplicit: declaredExplicit }, end);
    while (offset < end) {
      if (depth === 0 && offset >= this.padding) return [elements, end];
      const tag = this.tag(offset);
      if (isOver(tag)) break;
      if (tag === itemEnd) return [elements, offset + 8];
      if (offset + 8 > end) this.fail('the DICOM file is truncated: it ends inside an element', offset);
      const { value, length, form } = isExplicit
        ? explicitHead(this.data, offset, end, this.syntax.littleEndian)
        : implicitHead(this.data, offset, this.syntax.littleEndian);
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

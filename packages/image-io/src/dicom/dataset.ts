import { Inflate } from 'fflate';
import { FormatError } from '../format-error.ts';
import { defaultMaxBytes } from '../image.ts';
import { type DicomElement, Reader } from './reader.ts';
import { afterMark, encodingAt, hasMark, isDicom } from './recognise.ts';
import { decodeText } from './text.ts';
import { type TransferSyntax, transferSyntaxes, unreadSyntaxes } from './transfer-syntax.ts';

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
  /** A string of ASCII, such as a code or a UID, without padding. */
  text(tag: number): string | undefined;
  /** Words in the character set of the file, without padding. */
  words(tag: number): string | undefined;
  /** The numbers of a decimal or integer string. */
  numbers(tag: number): number[] | undefined;
  /** The items of a sequence; none when it is not there. */
  items(tag: number): DicomDataset[];
}

const transferSyntax = 0x00020010;
/**
 * Reads the data set of a DICOM file (PS3.10): Implicit and Explicit VR Little Endian, Explicit VR Big Endian, Deflated,
 * and the syntaxes with compressed pixels that `transferSyntaxes` lists. Old files without the mark are read, and where
 * elements are not written as the transfer syntax says, they are read as they are written.
 *
 * Throws FormatError for what is not one, for elements that do not fit into the file, for other transfer syntaxes, and
 * where a deflated file is larger than `maxBytes`. Reading ends before the first tag that `isOver` names.
 */
export function readDicomDataset(
  bytes: Uint8Array,
  file?: string,
  maxBytes: number = defaultMaxBytes,
  isOver?: (tag: number) => boolean,
): DicomDataset {
  if (!isDicom(bytes))
    throw new FormatError('a DICOM file must have "DICM" at byte 128, or begin with its elements', { file, offset: 0 });
  const first = hasMark(bytes) ? afterMark : 0;
  const head = new Reader(bytes, file, explicitLittleEndian);
  const { isExplicit } = encodingAt(bytes, first, explicitLittleEndian);
  const [meta, start] = head.dataset(first, bytes.length, isExplicit, 0, (tag) => tag >>> 16 !== 2);
  const declared = declaredSyntax(view(head, meta, isExplicit).text(transferSyntax), head, first);
  const body = declared.isDeflated ? inflate(bytes.subarray(start), maxBytes, file) : bytes;
  const bodyStart = declared.isDeflated ? 0 : start;
  const syntax = { ...declared, ...encodingAt(body, bodyStart, declared) };
  const reader = new Reader(body, file, syntax);
  const [elements] = reader.dataset(bodyStart, body.length, syntax.isExplicit, 0, isOver);
  return view(reader, elements, syntax.isExplicit);
}

const explicitLittleEndian = transferSyntaxes['1.2.840.10008.1.2.1']!;

/** The transfer syntax that the file names. One that names none is not compressed. */
function declaredSyntax(uid: string | undefined, head: Reader, offset: number): TransferSyntax {
  if (uid === undefined) return explicitLittleEndian;
  const name = unreadSyntaxes[uid] ? ` (${unreadSyntaxes[uid]})` : '';
  return (
    transferSyntaxes[uid] ??
    head.fail(
      `the transfer syntax of a DICOM file must be Implicit, Explicit or Deflated VR, RLE, JPEG, JPEG-LS or JPEG 2000, got ${uid}${name}`,
      offset,
    )
  );
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

function view(
  reader: Reader,
  elements: Map<number, DicomElement>,
  isExplicit: boolean,
  outerCharacterSet = '',
): DicomDataset {
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
  // An item may have a character set of its own, else it has that of what it is in.
  const characterSet = text(0x00080005) ?? outerCharacterSet;
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
    words(tag) {
      const value = raw(tag);
      return value && decodeText(value, characterSet).replace(/^ +|[\0 ]+$/g, '');
    },
    numbers(tag) {
      const value = text(tag);
      return value === undefined || value === '' ? undefined : value.split('\\').map(Number);
    },
    items(tag) {
      const found = elements.get(tag);
      if (!found) return [];
      // A sequence of unknown representation is written as implicit (PS3.5, 6.2.2).
      const inner = isExplicit && found.form !== 'UN';
      return reader.items(found, inner).map((each) => view(reader, each, inner, characterSet));
    },
  };
}

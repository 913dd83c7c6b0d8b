import { longForms, valueForms } from './value-forms.ts';

/** How the elements of a data set are written. */
export interface Encoding {
  isExplicit: boolean;
  littleEndian: boolean;
}

/** Where the data set or the file's own elements begin in a file that has the free bytes and the mark. */
export const afterMark = 132;

/** Whether a file has the mark `DICM` after its 128 free bytes (PS3.10, 7.1). */
export function hasMark(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(128, afterMark)) === 'DICM';
}

/** Whether a file, or the head of one, is DICOM: it has the mark, or begins with elements as old files do. */
export function isDicom(bytes: Uint8Array): boolean {
  return hasMark(bytes) || encodings.some((encoding) => beginsWithElements(bytes, encoding));
}

const encodings: Encoding[] = [
  { isExplicit: true, littleEndian: true },
  { isExplicit: false, littleEndian: true },
  { isExplicit: true, littleEndian: false },
];

/** Groups with which a file may begin: its own elements, or the identification. */
const firstGroups = [0x0002, 0x0008];
/** So many elements in a row are no accident. */
const enough = 3;
/** The first elements of a file are short: UIDs, dates and codes. */
const longest = 1024;

function beginsWithElements(bytes: Uint8Array, { isExplicit, littleEndian }: Encoding): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let last = -1;
  for (let found = 0, at = 0; found < enough; found++) {
    // The head of a file may end here.
    if (at + 12 > bytes.length) return found === enough - 1;
    const group = view.getUint16(at, littleEndian);
    const tag = group * 65536 + view.getUint16(at + 2, littleEndian);
    // The second element is in the group of the first one.
    if (
      tag <= last ||
      (found < 2 && (!firstGroups.includes(group) || (found === 1 && group !== Math.floor(last / 65536))))
    )
      return false;
    last = tag;
    const form = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
    if (isExplicit && !valueForms.has(form)) return false;
    const isLong = isExplicit && longForms.has(form);
    const length =
      isExplicit && !isLong
        ? view.getUint16(at + 6, littleEndian)
        : view.getUint32(at + (isLong ? 8 : 4), littleEndian);
    if (length > longest) return false;
    at += (isLong ? 12 : 8) + length;
  }
  return true;
}

/**
 * How a data set is written, by its first element, whatever the file says (the file may lie, or say nothing): its group
 * is a small number, and where the value representation stands implicit elements have a length, which would be over
 * 16 kB to look like one.
 */
export function encodingAt(
  bytes: Uint8Array,
  offset: number,
  declared: Encoding,
  end: number = bytes.length,
): Encoding {
  if (offset + 8 > end) return declared;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  const isSmall = (bytes[offset] === 0) !== (bytes[offset + 1] === 0);
  const littleEndian = isSmall ? bytes[offset + 1] === 0 : declared.littleEndian;
  const isForm = valueForms.has(String.fromCharCode(bytes[offset + 4]!, bytes[offset + 5]!));
  const isTooLong = view.getUint32(4, littleEndian) > end - offset - 8;
  return { littleEndian, isExplicit: isForm || (declared.isExplicit && isTooLong) };
}

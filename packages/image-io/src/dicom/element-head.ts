import { longForms, valueForms } from './value-forms.ts';

/** Where the value of an element lies. */
export interface ElementHead {
  value: number;
  length: number;
  /** The value representation, where the file has it. */
  form: string | undefined;
}

/** The length of a value that goes on to its own end mark. */
export const unknownLength = 0xffffffff;
const delimiters = 0xfffe;
/** So many elements after an odd one are looked at. */
const farthest = 3;

/** The head of an element of implicit VR. */
export function implicitHead(view: DataView, offset: number, littleEndian: boolean): ElementHead {
  return { value: offset + 8, length: view.getUint32(offset + 4, littleEndian), form: undefined };
}

/**
 * The head of an element of explicit VR. One whose value representation does not exist is read so that an element follows
 * it: as short, which DCMTK takes odd ones for; as implicit, as pydicom does; or as long, which new ones are to be (PS3.5,
 * 6.2.2).
 */
export function explicitHead(view: DataView, offset: number, end: number, littleEndian: boolean): ElementHead {
  const form = formAt(view, offset);
  if (!valueForms.has(form)) {
    const readings = oddReadings(view, offset, end, littleEndian);
    return readings.find((each) => isFollowed(view, offset, each, end, littleEndian, farthest)) ?? readings[0]!;
  }
  if (!longForms.has(form)) return { value: offset + 8, length: view.getUint16(offset + 6, littleEndian), form };
  // Where the file ends in the head, its value does not fit either.
  const length = offset + 12 > view.byteLength ? 0 : view.getUint32(offset + 8, littleEndian);
  return { value: offset + 12, length, form };
}

function formAt(view: DataView, offset: number): string {
  return String.fromCharCode(view.getUint8(offset + 4), view.getUint8(offset + 5));
}

function oddReadings(view: DataView, offset: number, end: number, littleEndian: boolean): ElementHead[] {
  const short = { value: offset + 8, length: view.getUint16(offset + 6, littleEndian), form: undefined };
  const readings = [short, implicitHead(view, offset, littleEndian)];
  if (offset + 12 <= end)
    readings.push({ value: offset + 12, length: view.getUint32(offset + 8, littleEndian), form: undefined });
  return readings;
}

/** Whether the end, or an element of a later tag, comes after a reading of the one at `offset`. */
function isFollowed(
  view: DataView,
  offset: number,
  { value, length }: ElementHead,
  end: number,
  littleEndian: boolean,
  steps: number,
): boolean {
  const next = length === unknownLength ? value : value + length;
  if (next === end) return true;
  if (next + 8 > end) return false;
  if (view.getUint16(next, littleEndian) === delimiters) return true;
  if (length === unknownLength) return false;
  const tagAt = (at: number): number => view.getUint16(at, littleEndian) * 65536 + view.getUint16(at + 2, littleEndian);
  if (tagAt(next) <= tagAt(offset)) return false;
  if (steps === 0 || valueForms.has(formAt(view, next))) return true;
  return oddReadings(view, next, end, littleEndian).some((each) =>
    isFollowed(view, next, each, end, littleEndian, steps - 1),
  );
}

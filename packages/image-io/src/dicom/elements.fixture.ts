import { longForms } from './value-forms.ts';

/** An element to be written as it stands: `0xggggeeee`, its form, and text, 16-bit numbers or bytes. */
export type Element = [tag: number, form: string, value: string | number[] | Uint8Array];

/** How elements are written. */
interface Writing {
  isExplicit?: boolean;
  littleEndian?: boolean;
}

/** Elements one after another; forms need not exist, and have a length of two bytes unless they are long ones. */
export function elements(
  list: readonly Element[],
  { isExplicit = true, littleEndian = true }: Writing = {},
): Uint8Array {
  return new Uint8Array(
    list.flatMap(([tag, form, value]) => {
      const bytes = bytesOf(value, form === 'UI' ? 0 : 0x20, littleEndian);
      const isLong = isExplicit && longForms.has(form);
      const head = new DataView(new ArrayBuffer(isLong ? 12 : 8));
      head.setUint16(0, tag >>> 16, littleEndian);
      head.setUint16(2, tag & 0xffff, littleEndian);
      if (!isExplicit || isLong) head.setUint32(isLong ? 8 : 4, bytes.length, littleEndian);
      else head.setUint16(6, bytes.length, littleEndian);
      if (isExplicit) for (const i of [0, 1]) head.setUint8(4 + i, form.charCodeAt(i));
      return [...new Uint8Array(head.buffer), ...bytes];
    }),
  );
}

function bytesOf(value: Element[2], pad: number, littleEndian: boolean): number[] {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value !== 'string')
    return value.flatMap((word) => (littleEndian ? [word & 255, word >> 8] : [word >> 8, word & 255]));
  const text = [...value].map((c) => c.charCodeAt(0));
  return text.length % 2 === 0 ? text : [...text, pad];
}

/** One slice of 3 x 2 pixels, 0 1 2 3 4 500, of which elements are replaced or added. */
export function image(...others: Element[]): Element[] {
  const own: Element[] = [
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', '1.2.3.1'],
    [0x00080060, 'CS', 'CT'],
    [0x0020000d, 'UI', '1.2.8'],
    [0x0020000e, 'UI', '1.2.9'],
    [0x00200032, 'DS', '0\\0\\0'],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00200052, 'UI', '1.2.7'],
    [0x00280002, 'US', [1]],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', [2]],
    [0x00280011, 'US', [3]],
    [0x00280030, 'DS', '0.25\\0.5'],
    [0x00280100, 'US', [16]],
    [0x00280101, 'US', [16]],
    [0x00280102, 'US', [15]],
    [0x00280103, 'US', [0]],
    [0x7fe00010, 'OW', [0, 1, 2, 3, 4, 500]],
  ];
  const replaced = new Map([...own, ...others].map((element) => [element[0], element]));
  return [...replaced.values()].sort(([a], [b]) => a - b);
}

/** A file with the free bytes, the mark, and a transfer syntax, which need not be true of what follows. */
export function withMark(list: readonly Element[], syntax = '1.2.840.10008.1.2.1', writing: Writing = {}): Uint8Array {
  const meta = elements([
    [0x00020000, 'UL', [0, 0]],
    [0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00020010, 'UI', syntax],
  ]);
  return new Uint8Array([...new Uint8Array(128), 68, 73, 67, 77, ...meta, ...elements(list, writing)]);
}

import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { deflateSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeVolume } from '../decode-volume.ts';
import { readVolume } from '../files/read-volume.ts';
import { readDicomDataset } from './dataset.ts';
import { type Element, elements, image, withMark } from './elements.fixture.ts';

const explicitSyntax = '1.2.840.10008.1.2.1';
const implicitSyntax = '1.2.840.10008.1.2';
const bigEndianSyntax = '1.2.840.10008.1.2.2';
const joined = (...parts: (Uint8Array | number[])[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));
/** The elements of the image before and after a place among them. */
const split = (tag: number): [Element[], Element[]] => [
  image().filter(([each]) => each < tag),
  image().filter(([each]) => each > tag),
];
/** A file whose image has other bytes at the place of a tag. */
const withBytes = (tag: number, bytes: Uint8Array | number[]): Uint8Array => {
  const [before, after] = split(tag);
  return joined(withMark(before), bytes, elements(after));
};
const odd = (form: string, value: string): Uint8Array => elements([[0x00191010, form, value]]);
const implicitElement = (tag: number, value: string): Uint8Array =>
  elements([[tag, 'LO', value]], { isExplicit: false });

describe('elements that are not written as they should be', () => {
  it.each<[string, Uint8Array]>([
    ['a representation of no letters', withBytes(0x00191010, odd('\x06\0', 'abcd'))],
    ['the representation ??', withBytes(0x00191010, odd('??', 'abcd'))],
    ['one with an empty value', withBytes(0x00191010, odd('\0\0', ''))],
    ['one in small letters', withBytes(0x00191010, odd('lo', 'abcd'))],
    [
      'several in a row',
      withBytes(
        0x00191010,
        joined(
          odd('??', 'ab'),
          elements([
            [0x00191011, '--', 'cd'],
            [0x00191012, '\0\0', 'ef'],
          ]),
        ),
      ),
    ],
    ['an implicit element', withBytes(0x00191010, implicitElement(0x00191010, 'abcdef'))],
    [
      'two implicit elements',
      withBytes(0x00191010, joined(implicitElement(0x00191010, 'abcdef'), implicitElement(0x00191011, 'gh'))),
    ],
    [
      'a new representation of long values',
      withBytes(0x00191010, [0x19, 0, 0x10, 0x10, 90, 90, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4, 5, 6]),
    ],
    ['implicit elements and the syntax explicit', withMark(image(), explicitSyntax, { isExplicit: false })],
    ['explicit elements and the syntax implicit', withMark(image(), implicitSyntax)],
    ['little endian and the syntax big endian', withMark(image(), bigEndianSyntax)],
    ['big endian and the syntax little endian', withMark(image(), explicitSyntax, { littleEndian: false })],
    ['zeros at the end', joined(withMark(image()), new Uint8Array(512))],
    [
      'zeros at the end of a deflated file',
      joined(withMark([], '1.2.840.10008.1.2.1.99'), deflateSync(elements(image())), new Uint8Array(9000)),
    ],
    ['three zeros at the end', joined(withMark(image()), [0, 0, 0])],
    [
      'zeros at the end of an implicit file',
      joined(withMark(image(), implicitSyntax, { isExplicit: false }), new Uint8Array(13)),
    ],
  ])('are read: %s', async (_, bytes) => {
    const { size, data, spacing } = await decodeVolume(bytes, 'a.dcm');
    expect({ size, data: [...data], spacing }).toEqual({
      size: [3, 2, 1],
      data: [0, 1, 2, 3, 4, 500],
      spacing: [0.5, 0.25, 1],
    });
  });

  it('keeps pixels that end in zeros and have zeros behind them', async () => {
    const pixels: Element = [0x7fe00010, 'OW', [1, 2, 3, 0, 0, 0]];
    const bytes = joined(withMark(image(pixels)), new Uint8Array(64));
    expect([...(await decodeVolume(bytes)).data]).toEqual([1, 2, 3, 0, 0, 0]);
    const cut = withMark(image(pixels)).slice(0, -2);
    await expect(decodeVolume(cut)).rejects.toThrow(/truncated: an element of 12 bytes does not fit/);
  });

  it('reads a file of zeros behind its head as one without pixels', async () => {
    const bytes = joined(withMark(split(0x00280100)[0]), new Uint8Array(64));
    await expect(decodeVolume(bytes, 'a.dcm')).rejects.toThrow(/a.dcm: DICOM pixels must have 1, 8, 16 or 32 bits/);
  });

  const sequence = 0x00400260;
  const code: Element[] = [
    [0x00080100, 'SH', 'CODE'],
    [0x00080102, 'SH', '99X'],
  ];
  const item = (body: Uint8Array, isOpen: boolean): Uint8Array => {
    const length = isOpen ? [255, 255, 255, 255] : [body.length, 0, 0, 0];
    return joined([0xfe, 0xff, 0, 0xe0], length, body, isOpen ? [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0] : []);
  };
  const sequenceOf = (form: string, items: Uint8Array, isOpen: boolean): Uint8Array =>
    joined(
      [0x40, 0, 0x60, 0x02, form.charCodeAt(0), form.charCodeAt(1), 0, 0],
      isOpen ? [255, 255, 255, 255] : [items.length, 0, 0, 0],
      items,
      isOpen ? [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0] : [],
    );

  it.each([
    ['implicit items in an explicit sequence', 'SQ', false],
    ['explicit items in one of unknown representation', 'UN', true],
  ])('reads %s', async (_, form, isExplicit) => {
    const body = elements(code, { isExplicit });
    for (const isOpen of [true, false]) {
      const bytes = withBytes(sequence, sequenceOf(form, joined(item(body, isOpen), item(body, !isOpen)), isOpen));
      expect(
        readDicomDataset(bytes)
          .items(sequence)
          .map((each) => each.text(0x00080102)),
      ).toEqual(['99X', '99X']);
      expect([...(await decodeVolume(bytes)).data]).toEqual([0, 1, 2, 3, 4, 500]);
    }
  });
});

describe.skipIf(lacksShared('cases'))('files from the field', () => {
  it.each(['vr', 'vrq', 'imp', 'exp', 'sq', 'tail', 'pad'])('%s', async (name) => {
    const { size, spacing, data } = await readVolume(sharedPath('cases', 'dicom-series', name));
    expect({ size, spacing }).toEqual({ size: [8, 8, 5], spacing: [1, 1, 2] });
    for (let k = 0; k < 5; k++) expect([data[k * 64], data[k * 64 + 63]]).toEqual([k, 63 + k]);
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDicomDataset } from '../dicom/dataset.ts';
import { type DicomPart, decodeDicomSeries } from '../dicom/decode.ts';
import { type Element, image, withMark } from '../dicom/elements.fixture.ts';
import { createVolume } from '../volume.ts';
import { decodeDicomSegmentation } from './decode.ts';
import { checkSegments } from './description.ts';
import { encodeDicomSegmentation } from './encode.ts';

/** A source of one slice, whose text is in a character set. */
const sourceWith = (...others: Element[]): DicomPart[] => [{ bytes: withMark(image(...others)), name: 'source.dcm' }];
/** The SEG of a source, all of it the segment of a label. */
async function written(source: DicomPart[], label: string): Promise<Uint8Array> {
  const { size, spacing, origin, direction } = await decodeDicomSeries(source);
  const data = new Uint8Array(size[0] * size[1] * size[2]).fill(1);
  const mask = createVolume({ size, spacing, origin, direction, data });
  return encodeDicomSegmentation(mask, { source, segments: [{ number: 1, label }], random: () => 0.5 });
}
const labelOf = async (bytes: Uint8Array): Promise<string> => (await decodeDicomSegmentation(bytes)).segments[0]!.label;

const latin1: Element[] = [
  [0x00080005, 'CS', 'ISO_IR 100'],
  [0x00100010, 'PN', 'M\xfcller^A'],
];

describe('labels of a DICOM SEG', () => {
  it('are read as they were written, in any script and up to 64 characters', async () => {
    const source = sourceWith();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }), async (label) => {
        try {
          checkSegments([{ number: 1, label }]);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(await labelOf(await written(source, label))).toBe(label);
      }),
      { numRuns: 60 },
    );
    for (const label of ['Läsion', '肝臓', 'Печень', '🫀'.repeat(64), 'a'.repeat(64)])
      expect(await labelOf(await written(source, label))).toBe(label);
  });

  it('are UTF-8 where they need it, and text of the source becomes UTF-8 with them', async () => {
    const bytes = await written(sourceWith(...latin1), 'Läsion 1 – 肝');
    const dataset = readDicomDataset(bytes);
    expect(dataset.text(0x00080005)).toBe('ISO_IR 192');
    expect(dataset.words(0x00100010)).toBe('Müller^A');
    expect(await labelOf(bytes)).toBe('Läsion 1 – 肝');
  });

  it('leave the text of the source as it is where they are ASCII', async () => {
    const dataset = readDicomDataset(await written(sourceWith(...latin1), 'Lesion'));
    expect(dataset.text(0x00080005)).toBe('ISO_IR 100');
    expect(dataset.words(0x00100010)).toBe('Müller^A');
  });

  it.each<[string, Element[]]>([
    ['not named', [[0x00100010, 'PN', 'M\xfcller']]],
    [
      'of escape sequences',
      [
        [0x00080005, 'CS', '\\ISO 2022 IR 87'],
        [0x00100010, 'PN', 'Y=\x1b$B;3ED\x1b(B'],
      ],
    ],
  ])('are refused beyond ASCII where the source has text in a character set that is %s', async (_, others) => {
    await expect(written(sourceWith(...others), 'Läsion')).rejects.toThrow(/labels must be ASCII, as the source/);
    expect(await labelOf(await written(sourceWith(...others), 'Lesion'))).toBe('Lesion');
  });

  it.each<[string, string, string]>([
    ['ISO_IR 100', 'L\xe4sion', 'Läsion'],
    ['ISO 2022 IR 100', 'L\xe4sion', 'Läsion'],
    ['ISO_IR 192', 'L\xc3\xa4sion', 'Läsion'],
    ['ISO_IR 144', '\xbf\xd5\xe7\xd5\xdd\xec', 'Печень'],
    ['ISO_IR 13', '\xb6\xdd', 'ｶﾝ'],
    ['GB18030', '\xb8\xce', '肝'],
    ['', 'L\xe4sion', 'Läsion'],
    ['', 'L\xc3\xa4sion', 'Läsion'],
    ['ISO_IR 6', 'Lesion', 'Lesion'],
  ])('are read in the character set %s', (set, label, right) => {
    const bytes = withMark(image([0x00080005, 'CS', set], [0x00620005, 'LO', label]));
    expect(readDicomDataset(bytes).words(0x00620005)).toBe(right);
  });

  it.each<[string, string, RegExp]>([
    ['none', '', /segment 1: its label must have 1 to 64 characters, got none/],
    ['65 characters', 'ä'.repeat(65), /segment 1: its label must have 64 characters at most, got 65: "ä+"/],
    ['a backslash', 'a\\b', /must have no \\ and no control characters, got "a\\\\b"/],
    ['a line end', 'a\nb', /must have no .* got "a\\nb"/],
    ['half a character', 'a\ud83e', /must have no .* got "a\\ud83e"/],
    ['a space at the end', 'a ', /must not begin or end with a space, got "a "/],
  ])('are checked before: %s', async (_, label, rule) => {
    expect(() => checkSegments([{ number: 1, label }])).toThrow(RangeError);
    expect(() => checkSegments([{ number: 1, label }])).toThrow(rule);
    await expect(written(sourceWith(), label)).rejects.toThrow(rule);
  });
});

describe.skipIf(lacksShared('cases'))('a series in Latin-1', () => {
  it('gets a SEG of labels beyond ASCII', async () => {
    const folder = sharedPath('cases', 'dicom-series', 'latin');
    const names = await readdir(folder);
    const source = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(`${folder}/${name}`) })));
    const bytes = await written(source, 'Läsion');
    expect(await labelOf(bytes)).toBe('Läsion');
    expect(readDicomDataset(bytes).words(0x00100010)).toBe('Müller^A');
  });
});

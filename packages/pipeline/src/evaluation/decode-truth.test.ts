import { createImage, createVolume, encodeDicomSegmentation, encodeNrrd, encodePng } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { image, withMark } from '../../../image-io/src/dicom/elements.fixture.ts';
import { decodeTruthCase } from './decode-truth.ts';

const png = (name: string, ...values: number[]): { name: string; bytes: Uint8Array } => ({
  name,
  bytes: encodePng(createImage({ width: values.length, height: 1, channels: 1, data: Uint8Array.from(values) })),
});
const files = { id: 'a', patient: 'p', image: png('a.png', 1, 2, 3, 4) };
const lesions = [png('1.png', 255, 0, 0, 0), png('2.png', 0, 255, 0, 0), png('3.png', 0, 0, 255, 0)];

describe('decodeTruthCase', () => {
  it('unites the masks of one annotator', async () => {
    const remarks: string[] = [];
    const masks = lesions.map((mask) => ({ ...mask, annotator: 'Ann' }));
    const { truth } = await decodeTruthCase({ ...files, masks }, { onRemark: ({ text }) => remarks.push(text) });
    expect(truth.map((mask) => [...mask])).toEqual([[1, 1, 1, 0]]);
    expect(remarks).toEqual([]);
  });

  it('has the masks of each of several annotators, and none where there is one', async () => {
    const drawn = [png('1.png', 255, 255, 0, 0), png('2.png', 0, 255, 0, 0), png('3.png', 0, 255, 255, 0)];
    const masks = drawn.map((mask, k) => ({ ...mask, annotator: ['Ann', 'Bob', 'Cy'][k]! }));
    const { truth, annotators } = await decodeTruthCase({ ...files, masks });
    expect(truth).toEqual([Uint8Array.of(0, 1, 0, 0)]);
    expect(annotators).toEqual([
      { name: 'Ann', truth: [Uint8Array.of(1, 1, 0, 0)] },
      { name: 'Bob', truth: [Uint8Array.of(0, 1, 0, 0)] },
      { name: 'Cy', truth: [Uint8Array.of(0, 1, 1, 0)] },
    ]);
    expect(await decodeTruthCase({ ...files, masks: masks.slice(0, 1) })).not.toHaveProperty('annotators');
  });

  it('says when those of several have nothing in common, and what was assumed about a mask', async () => {
    const remarks: { file: string; text: string }[] = [];
    const { truth } = await decodeTruthCase(
      { ...files, masks: [...lesions.slice(0, 2), png('3.png', 1, 1, 2, 1)] },
      { onRemark: (remark) => remarks.push(remark) },
    );
    expect(truth.map((mask) => [...mask])).toEqual([[0, 0, 0, 0]]);
    expect(remarks).toEqual([
      { file: '3.png', text: 'neither of its two values is 0: the darker one is read as background' },
      { file: 'a.png', text: expect.stringContaining('its annotators have no pixel in common') },
    ]);
  });

  it('says which segments of a DICOM SEG are taken by number, and refuses a number of two names', async () => {
    const grid = { size: [3, 2, 2], spacing: [0.5, 0.25, 2], direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1] } as const;
    const source = [0, 1].map((k) => ({
      name: `${k}`,
      bytes: withMark(
        image(
          [0x00080018, 'UI', `1.1.${k + 1}`],
          [0x0020000e, 'UI', '1.1'],
          [0x00200032, 'DS', `0\\0\\${2 * k}`],
          [0x7fe00010, 'OW', [0, 1, 2, 3, 4, 5]],
        ),
      ),
    }));
    const seg = (label: string): { name: string; bytes: Uint8Array } => {
      const mask = createVolume({ ...grid, data: Uint8Array.from({ length: 12 }, (_, i) => Number(i === 7)) });
      const bytes = encodeDicomSegmentation(mask, { source, segments: [{ number: 1, label }], random: () => 0.5 });
      return { name: `${label}.dcm`, bytes };
    };
    const scan = { name: 'ct.nrrd', bytes: encodeNrrd(createVolume({ ...grid, data: new Uint8Array(12) })) };
    const classes = { names: ['organ'], values: [[1]], exclusive: true };
    const given = { id: 'a', patient: 'p', image: scan, classes };
    const remarks: unknown[] = [];
    const one = await decodeTruthCase({ ...given, masks: [seg('liver')] }, { onRemark: (said) => remarks.push(said) });
    expect([...one.truth[0]!].indexOf(1)).toBe(7);
    const text = 'no class is called as its segment liver, which is taken by its number 1 as organ';
    expect(remarks).toEqual([{ file: 'liver.dcm', text }]);
    await expect(decodeTruthCase({ ...given, masks: [seg('liver'), seg('tumour')] })).rejects.toThrow(
      'got liver (1) beside tumour (1) in tumour.dcm',
    );
  });
});

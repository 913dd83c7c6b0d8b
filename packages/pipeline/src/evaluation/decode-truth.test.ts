import { createImage, encodePng } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
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
});

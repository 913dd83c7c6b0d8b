import type {
  Case,
  ClassMap,
  Listing,
  PreparedScan,
  PrepareOptions,
  Sample,
  SampleSource,
  Scan,
} from '@medseg/datasets';
import { classMap, sampleSource } from '@medseg/datasets';
import { createImage, createVolume, type Image, type Volume } from '@medseg/image-io';

const caseOf = (n: number): Case => ({
  id: `case ${n}`,
  patient: `P${n >> 1}`,
  images: [`${n}.png`],
  masks: [{ path: `${n}_mask.png` }],
});

export const cases: Case[] = Array.from({ length: 20 }, (_, n) => caseOf(n));
export const train: Case[] = cases;
export const listing: Listing = { cases, problems: [] };
export const image: Image = createImage({ width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 90, 180, 255) });
export const scan: Scan = image;
export const bits: Uint8Array = Uint8Array.of(0, 0, 1, 1);
export const masks: { bits: Uint8Array }[] = [{ bits }, { bits: Uint8Array.of(0, 1, 1, 1) }, { bits }];
export const mask: Float32Array = Float32Array.from({ length: 256 * 256 }, (_, i) => i & 1);
export const small: Float32Array = new Float32Array(64 * 64);
export const volume: Volume = createVolume({ size: [4, 5, 6], data: new Uint8Array(120) });
export const t1: Volume = volume;
export const flair: Volume = volume;
export const classes: ClassMap = classMap({ edema: 2, core: 1 });
export const preparation: PrepareOptions = { imageSize: [64, 64] };
export const probabilities: Float32Array = Float32Array.of(0.9, 0.1, 0.2, 0.3);
export const probabilityOf = async (part: ReturnType<PreparedScan['at']>): Promise<Float32Array> =>
  new Float32Array(part.height * part.width * 2);
export const sample: Sample = {
  id: 'case 1',
  patient: 'P1',
  height: 2,
  width: 2,
  channels: 1,
  classes: 1,
  image: Float32Array.of(1, 2, 3, 4),
  mask: Float32Array.of(0, 0, 1, 1),
  originalSize: [2, 2],
};
export const samples: Sample[] = Array.from({ length: 16 }, () => sample);
export const source: SampleSource = sampleSource(samples);
export const images: ReadonlyMap<string, string> = new Map([['Image_01L', 'images/Image_01L.jpg']]);
export const x = 3;
export const y = 4;

import { createImage, createVolume, type DicomPart, type Image, type Volume } from '@medseg/image-io';
import { createRandom } from '@medseg/random';

export const mask: Volume = createVolume({ size: [2, 2, 1], data: Uint8Array.of(0, 1, 1, 0) });
export const labels: Volume = mask;
export const random: () => number = createRandom(1).uniform;
export const state: object = { step: 1 };
export const image: Image = createImage({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) });
export declare const source: DicomPart[];
export declare const files: Uint8Array[];

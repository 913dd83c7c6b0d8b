import type { CaseResult } from '@medseg/metrics';
import type { ClassBalance, Picture, RunReport, Slice } from '@medseg/report';
import { results as scores } from './metrics.ts';

const values = (channels: number): Float32Array =>
  Float32Array.from({ length: 4096 * channels }, (_, i) => (i % 7) / 7);

export const data: Float32Array = values(4);
export const slice: Slice = { height: 64, width: 64, channels: 1, data: values(1) };
export const image: Slice = slice;
export { probability, truth } from './metrics.ts';
export const mask: Uint8Array = Uint8Array.from(values(1), Math.round);
export const uncertainty: Float32Array = values(1);
export const noisy: Float32Array = values(1);
export const predicted: Float32Array = values(1);
export const picture: Picture = { height: 2, width: 1, rgb: new Uint8Array(6) };
export const pictures: Picture[] = [picture];
export const pairs: { predicted: number; truth: number }[] = [
  { predicted: 12, truth: 10 },
  { predicted: 20, truth: 20 },
];
export const results: CaseResult[] = scores;
export const result: CaseResult = scores[0]!;
export declare const balance: ClassBalance;
export declare const report: RunReport;

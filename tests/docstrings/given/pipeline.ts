import type { evaluateCases, Run, TruthCase } from '@medseg/pipeline';

export declare const run: Run;
export declare const network: Parameters<typeof evaluateCases>[0];
export declare const truths: TruthCase[];
export declare const info: Uint8Array;
export declare const weights: Uint8Array;

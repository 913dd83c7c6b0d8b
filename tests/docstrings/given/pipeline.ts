import type { NamedBytes, Run, RunModel, TruthCase } from '@medseg/pipeline';

export declare const run: Run;
export declare const network: RunModel;
export declare const image: NamedBytes;
export declare const mask: NamedBytes;
export declare const truths: TruthCase[];
export declare const info: Uint8Array;
export declare const weights: Uint8Array;

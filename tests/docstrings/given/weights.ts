import type { NamedArray, ReferenceWeight } from '@medseg/weights';

export declare const tensors: Map<string, NamedArray>;
export declare const weights: Map<string, NamedArray>;
export declare const wanted: Map<string, readonly number[]>;
export declare const gradient: NamedArray;
export declare const name: string;
export declare const places: Map<string, ReferenceWeight>;
export declare const variable: { shape: number[] };

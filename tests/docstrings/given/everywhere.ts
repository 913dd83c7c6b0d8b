// What examples of any package may mention. `declare` means that it is not there when examples run.

export declare const readFile: {
  (path: string): Promise<Uint8Array>;
  (path: string, encoding: 'utf8'): Promise<string>;
};
export declare const writeFile: (path: string, content: string | Uint8Array) => Promise<void>;
export declare const bytes: Uint8Array;
export declare const file: File;
export declare const path: string;
export declare const dir: string;

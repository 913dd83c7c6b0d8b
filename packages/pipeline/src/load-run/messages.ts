import type { ScanInput } from './scan-input.ts';
import type { InputOptions, RunSegmentation } from './segment-input.ts';
import type { SentError } from './sent-error.ts';

/** What the worker of a run is asked. */
export type RunQuestion =
  | { readonly kind: 'load'; readonly name: string; readonly info: Uint8Array; readonly model: Uint8Array }
  | {
      readonly kind: 'segment';
      /** By which `RunNote` means it. */
      readonly job: number;
      readonly scan: ScanInput;
      readonly options: InputOptions;
    };

/** Which job is to be stopped. */
export interface RunNote {
  readonly stop: number;
}

export type RunReply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'segmented'; readonly segmentation: RunSegmentation }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: SentError };

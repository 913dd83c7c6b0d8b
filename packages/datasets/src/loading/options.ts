import type { ReadScanOptions } from '../reading/decode-scan.ts';
import type { Annotators } from '../reading/fuse-annotators.ts';
import type { MaskResize } from '../slicing/cut-mask.ts';
import type { ItemOptions } from '../slicing/items.ts';
import type { PrepareOptions } from '../slicing/prepare.ts';

/** How cases are read and cut. A thread that reads for a source is started with the same. */
export interface CaseSourceOptions extends PrepareOptions, ReadScanOptions, Pick<ItemOptions, 'emptyShare'> {
  /** What several annotators of a case become; `majority` unless given. */
  annotators?: Annotators;
  maskResize?: MaskResize;
  /** Decides which empty slices stay and which annotator is drawn. */
  seed?: number;
  /** What is kept in memory of what was read; the part used longest ago goes first. 512 MiB unless given. */
  maxBytes?: number;
  /** Threads that read, cut and change samples; 0, this one, unless given. What samples are does not depend on it. */
  workers?: number;
  /** Where the code of a thread lies, for who bundles this package: that of its `dist/worker.js`. */
  workerUrl?: URL;
  /** Called for each thread that died or fell silent, by its number from 1, and why; this thread reads in its place. */
  onDeath?(thread: number, reason: string): void;
  /** Called for each thread that could not be stopped at the end. */
  onStuck?(thread: number, reason: string): void;
  /** Milliseconds after which a silent thread is taken for dead. By default a minute, more where reading takes long. */
  patience?: number;
}

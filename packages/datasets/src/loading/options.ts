import type { OptionNames } from '@medseg/arguments';
import type { ReadScanOptions } from '../reading/decode-scan.ts';
import type { Annotators } from '../reading/fuse-annotators.ts';
import type { MaskResize } from '../slicing/cut-mask.ts';
import type { ItemOptions } from '../slicing/items.ts';
import type { PrepareOptions } from '../slicing/prepare.ts';

/** How cases are read and cut. A thread that reads for a source is started with the same. */
export interface CaseSourceOptions
  extends PrepareOptions,
    Omit<ReadScanOptions, 'onRemark'>,
    Pick<ItemOptions, 'emptyShare'> {
  /** How the masks of several annotators become one; `majority` unless given. */
  annotators?: Annotators;
  /** How a mask changes its size. Default 'area'. */
  maskResize?: MaskResize;
  /** Decides which empty slices are kept and which annotator is drawn. Default 0. */
  seed?: number;
  /** How much of what was read is cached; least recently used goes first. 512 MiB unless given. */
  maxBytes?: number;
  /** Threads that read, cut and augment samples; by default 0: the calling thread. Samples do not depend on it. */
  workers?: number;
  /** The URL of `dist/worker.js`, for programs that bundle this package. Default: beside this module. */
  workerUrl?: URL;
  /**
   * Called for each thread that died or fell silent, by its number from 1, and why; this thread reads in its place.
   * Default none.
   */
  onDeath?(thread: number, reason: string): void;
  /** Called for each thread that could not be stopped at the end. Default none. */
  onStuck?(thread: number, reason: string): void;
  /** Milliseconds after which a silent thread is taken for dead. By default a minute, more where reading takes long. */
  patience?: number;
}

export const caseSourceOptionNames: OptionNames<CaseSourceOptions> = {
  annotators: true,
  maskResize: true,
  seed: true,
  maxBytes: true,
  workers: true,
  workerUrl: true,
  onDeath: true,
  onStuck: true,
  patience: true,
  imageSize: true,
  normalization: true,
  view: true,
  series: true,
  maxFileBytes: true,
  kind: true,
  emptyShare: true,
};

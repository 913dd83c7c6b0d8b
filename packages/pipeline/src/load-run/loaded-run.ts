import type { Run } from '../run/run.ts';
import type { ScanInput } from './scan-input.ts';
import type { RunSegmentation, SegmentInputOptions } from './segment-input.ts';

/** A run that is ready to segment. */
export interface LoadedRun {
  /** How messages name it. */
  readonly name: string;
  /** Names of the classes that it segments. */
  readonly classes: readonly string[];
  /** What `run.json` says, for the other functions of this package. */
  readonly run: Run;
  /**
   * Segments an image or a volume. Rejects with RunError for a scan that differs too much from the training data, with
   * FormatError or DataError for a file that cannot be read, with RangeError for options out of range, and with the
   * signal's reason when aborted.
   */
  segment(scan: ScanInput, options?: SegmentInputOptions): Promise<RunSegmentation>;
  /** Frees the network, and ends the worker. */
  dispose(): Promise<void>;
}

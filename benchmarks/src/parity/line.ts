import type { ParityBackend } from './backends.ts';

/** One quantity compared with a reference: its error, counted as the fixture says, against its tolerance. */
export interface ParityLine {
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
}

/** A check reads the fixtures that it understands from a folder and yields a line for each quantity on each backend. */
export type ParityCheck = (
  fixtures: string,
  backends: readonly ParityBackend[],
) => AsyncIterable<ParityLine> | Iterable<ParityLine>;

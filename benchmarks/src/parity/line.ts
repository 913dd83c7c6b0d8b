/** One quantity compared with a reference: its error, counted as the fixture says, against its tolerance. */
export interface ParityLine {
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
}

/** A check reads the fixtures that it understands from a folder and yields a line for each quantity. */
export type ParityCheck = (fixtures: string) => AsyncIterable<ParityLine> | Iterable<ParityLine>;

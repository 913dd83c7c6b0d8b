/** Training met a loss or gradient that is no number; names the step and the batch. */
export class NonFiniteError extends Error {
  /** `what`: what is not finite, as `the loss`. */
  constructor(
    /** The step that was not taken, from 0. */
    readonly step: number,
    /** Names of the cases of its batch. */
    readonly ids: readonly string[],
    what: string,
  ) {
    super(`training: ${what} at step ${step} is not finite; the batch was ${ids?.join?.(', ')}`);
    this.name = 'NonFiniteError';
  }
}

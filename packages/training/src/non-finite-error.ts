/** Training met a loss or gradient that is no number; names the step and the batch. */
export class NonFiniteError extends Error {
  constructor(
    readonly step: number,
    readonly ids: readonly string[],
    what: string,
  ) {
    super(`training: ${what} at step ${step} is not finite; the batch was ${ids?.join?.(', ')}`);
    this.name = 'NonFiniteError';
  }
}

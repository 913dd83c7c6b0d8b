/** Throws RangeError for a list of timesteps where a spacing of the noise levels chooses them. */
export function requireCountForSpacing(
  name: string,
  steps: number | readonly number[],
  sigmaSpacing: string | undefined,
): void {
  if (Array.isArray(steps) && sigmaSpacing !== undefined) {
    throw new RangeError(
      `${name}: with sigmaSpacing '${sigmaSpacing}' pass a number of steps, got a list of timesteps`,
    );
  }
}

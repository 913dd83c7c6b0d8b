/** Largest |actual - expected| over largest |expected| (over 1 where expected is all zeros). */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`relativeError: ${actual.length} values against ${expected.length}`);
  }
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!);
    if (!(d <= difference)) difference = d; // NaN wins
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return difference / (scale || 1);
}

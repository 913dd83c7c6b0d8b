interface Limits {
  /** Default 0. */
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
  readonly below?: number;
}

/** Throws RangeError unless a value is a number from `least`, or above it, to `most`. */
export function requireNumber(
  what: string,
  value: number,
  { least = 0, above = Number.NEGATIVE_INFINITY, most = Number.MAX_VALUE, below }: Limits,
): void {
  const isLow = below === undefined || value < below;
  if (typeof value === 'number' && value >= least && value > above && value <= most && isLow) return;
  const lower = above >= least ? `above ${above}` : `of at least ${least}`;
  const bounded = most < Number.MAX_VALUE ? ` and at most ${most}` : '';
  const upper = below !== undefined && below <= most ? ` and below ${below}` : bounded;
  throw new RangeError(
    `${what} must be a number ${lower}${upper}, got ${typeof value === 'string' ? `'${value}'` : value}`,
  );
}

/** Throws RangeError unless a value is a positive whole number. */
export function requireCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(
    `${what} must be a positive whole number, got ${typeof value === 'string' ? `'${value}'` : value}`,
  );
}

/** Throws a RangeError unless `value` is a whole number from `min` to `max`. */
export function requireInteger(what: string, value: number, min: number, max?: number): void {
  requireNumber(what, value, min, max, 'whole ');
}

/** Throws a RangeError unless `value` is a finite number from `min` to `max`, and whole where `kind` says so. */
export function requireNumber(
  what: string,
  value: number,
  min: number,
  max: number = Number.POSITIVE_INFINITY,
  kind: 'whole ' | '' = '',
): void {
  if (!Number.isFinite(value) || value < min || value > max || (kind && value % 1)) {
    throw new RangeError(
      `${what} must be a ${kind}number from ${min} ${max < Number.POSITIVE_INFINITY ? `to ${max}` : 'up'}, got ${value}`,
    );
  }
}

/** Throws a RangeError unless `value` is one of `allowed`. */
export function requireOneOf<T>(what: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${what} must be one of ${allowed.join(', ')}, got ${String(value)}`);
  }
}

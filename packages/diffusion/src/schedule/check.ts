/** Throws a RangeError unless `value` is a whole number from `min` to `max`. */
export function requireInteger(what: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    const upper = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
    throw new RangeError(`${what} must be a whole number from ${min} ${upper}, got ${value}`);
  }
}

/** Throws a RangeError unless `value` is a finite number from `min` to `max`. */
export function requireNumber(what: string, value: number, min: number, max: number = Number.POSITIVE_INFINITY): void {
  if (!Number.isFinite(value) || value < min || value > max) {
    const upper = max === Number.POSITIVE_INFINITY ? 'up' : `to ${max}`;
    throw new RangeError(`${what} must be a number from ${min} ${upper}, got ${value}`);
  }
}

/** Throws a RangeError unless `value` is one of `allowed`. */
export function requireOneOf<T>(what: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${what} must be one of ${allowed.join(', ')}, got ${String(value)}`);
  }
}

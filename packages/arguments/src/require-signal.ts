import { kindOf } from './kind-of.ts';

/**
 * Makes sure that a value is an AbortSignal, or absent. Throws TypeError for another one, such as the AbortController
 * itself; `what` names the function.
 *
 * @example requireSignal('blur', new AbortController().signal);
 */
export function requireSignal(what: string, signal: unknown): asserts signal is AbortSignal | undefined {
  const { aborted, throwIfAborted } = (signal ?? {}) as Partial<AbortSignal>;
  if (signal === undefined || (typeof aborted === 'boolean' && typeof throwIfAborted === 'function')) return;
  const remedy = kindOf(signal) === 'AbortController' ? '; give controller.signal' : '';
  throw new TypeError(`${what}: signal must be an AbortSignal, got ${kindOf(signal)}${remedy}`);
}

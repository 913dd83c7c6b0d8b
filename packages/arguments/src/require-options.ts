import { kindOf } from './kind-of.ts';

/** The names of an options object's members, each with `true`; TypeScript refuses a list that lacks one. */
export type OptionNames<O> = { readonly [K in keyof O]-?: true };

/**
 * Refuses an option that does not exist, which JavaScript would pass over in silence. Throws RangeError that names the
 * option, those that there are and the nearest of them, TypeError where the options are no object.
 *
 * @example
 * const names: OptionNames<{ size?: number }> = { size: true };
 * requireOptions('blur', { sizes: 3 } as object, names); // throws: blur: options must be among size, got sizes; did you mean size?
 */
export function requireOptions(who: string, options: object, names: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || ArrayBuffer.isView(options)) {
    throw new TypeError(`${who}: options must be an object, got ${kindOf(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(names, key)) continue;
    const known = Object.keys(names);
    const near = nearest(key, known);
    const guess = near === undefined ? '' : `; did you mean ${near}?`;
    throw new RangeError(`${who}: options must be among ${known.join(', ')}, got ${key}${guess}`);
  }
}

/**
 * The options that a function takes, of an object that has those of several.
 *
 * @example
 * const all = { size: 3, color: 'red' };
 * pickOptions<{ size: number }>(all, { size: true }) // { size: 3 }
 */
export function pickOptions<O extends object>(options: O, names: OptionNames<O>): O {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(names, name))) as O;
}

/**
 * Refuses a value that is none of those allowed. Throws RangeError that names them and the nearest.
 *
 * @example requireOneOf('blur: border', 'zero', ['zeros', 'mirror']); // throws: did you mean 'zeros'?
 */
export function requireOneOf<T extends string>(what: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const guess = near === undefined ? '' : `; did you mean '${near}'?`;
  throw new RangeError(`${what} must be ${listOf(allowed)}, got ${kindOf(value)}${guess}`);
}

/** The name that takes fewest edits, in a third of its letters at most. */
function nearest(given: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const edits = editsBetween(given.toLowerCase(), name.toLowerCase());
    if (edits < least && edits <= Math.max(1, Math.ceil(name.length / 3))) [best, least] = [name, edits];
  }
  return best;
}

/** Letters to insert, delete or replace (Levenshtein 1966). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** `'a', 'b' or 'c'`. */
function listOf(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' or ');
}

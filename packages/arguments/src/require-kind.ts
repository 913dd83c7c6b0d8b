import { kindOf } from './kind-of.ts';

/**
 * Makes sure that a value has the members that are read of it. Throws TypeError that names them; of a promise the message
 * says that it is to be awaited.
 *
 * @example requireObject('blur: image', undefined, ['width', 'height']); // throws: blur: image must be an object with width and height, got undefined
 */
export function requireObject(what: string, value: unknown, members: readonly string[]): void {
  const lacks = (name: string): boolean => (value as Readonly<Record<string, unknown>>)[name] === undefined;
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if (isObject && !members.some(lacks)) return;
  const last = members.at(-1);
  const names = members.length < 2 ? last : `${members.slice(0, -1).join(', ')} and ${last}`;
  const missing = isObject && kindOf(value) !== 'Promise' ? ` without ${members.find(lacks)}` : '';
  throw mismatch(what, names === undefined ? 'an object' : `an object with ${names}`, value, missing);
}

/**
 * Makes sure that a value is an array or a typed array. Throws TypeError for another value.
 *
 * @example requireList('mean: values', 5); // throws: mean: values must be an array, got 5
 */
export function requireList(what: string, value: unknown): void {
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView)) {
    throw mismatch(what, 'an array', value);
  }
}

/**
 * Makes sure that a value can be called. Throws TypeError for another value.
 *
 * @example requireFunction('serve: answer', 5); // throws: serve: answer must be a function, got 5
 */
export function requireFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw mismatch(what, 'a function', value);
}

/**
 * Makes sure that a value is a text. Throws TypeError for another value.
 *
 * @example requireText('open: path', undefined); // throws: open: path must be a string, got undefined
 */
export function requireText(what: string, value: unknown): void {
  if (typeof value !== 'string') throw mismatch(what, 'a string', value);
}

/**
 * Makes sure that a value is a number. Throws TypeError for another value.
 *
 * @example requireNumber('scale: factor', '2'); // throws: scale: factor must be a number, got '2'
 */
export function requireNumber(what: string, value: unknown): void {
  if (typeof value !== 'number') throw mismatch(what, 'a number', value);
}

function mismatch(what: string, rule: string, value: unknown, missing = ''): TypeError {
  const kind = kindOf(value);
  return new TypeError(`${what} must be ${rule}, got ${kind}${missing}${kind === 'Promise' ? '; await it' : ''}`);
}

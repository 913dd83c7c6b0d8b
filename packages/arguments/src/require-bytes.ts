import { kindOf } from './kind-of.ts';

/**
 * Makes sure that a file's content is a Uint8Array. Throws TypeError for another value; of an ArrayBuffer, as `fetch` gives
 * it, the message says how to make one.
 *
 * @example requireBytes('loadWeights', bytes);
 */
export function requireBytes(who: string, bytes: unknown): asserts bytes is Uint8Array {
  const tag = Object.prototype.toString.call(bytes).slice('[object '.length, -1);
  if (tag === 'Uint8Array') return;
  const isBuffer = tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer';
  const remedy = isBuffer ? '; pass new Uint8Array(buffer)' : '';
  const got = kindOf(typeof bytes === 'string' ? bytes.slice(0, 40) : bytes);
  throw new TypeError(`${who}: bytes must be a Uint8Array, the content of the file, got ${got}${remedy}`);
}

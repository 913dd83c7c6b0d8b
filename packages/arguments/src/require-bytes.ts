/**
 * Makes sure that a file's content is a Uint8Array. Throws TypeError for another value; of an ArrayBuffer, as `fetch` gives
 * it, the message says how to make one.
 *
 * @example requireBytes('loadWeights', bytes);
 */
export function requireBytes(who: string, bytes: unknown): asserts bytes is Uint8Array {
  const tag = Object.prototype.toString.call(bytes);
  if (tag === '[object Uint8Array]') return;
  const remedy = tag.endsWith('ArrayBuffer]') ? '; pass new Uint8Array(buffer)' : '';
  const value = typeof bytes === 'string' ? `'${bytes.slice(0, 40)}'` : bytes;
  const got = Object(bytes) === bytes ? tag.slice(8, -1) : value;
  throw new TypeError(`${who}: bytes must be a Uint8Array, the content of the file, got ${got}${remedy}`);
}

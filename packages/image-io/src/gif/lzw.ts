/** So many pixels a byte can stand for: a code of 3 bits for 4096 of them. */
export const maxLzwRatio: number = Math.ceil((4096 * 8) / 3);

const mostCodes = 4096;

/**
 * Expands the LZW data of a GIF, lowest bits first, into `out`; what goes beyond its end is left out. `codeBits` is the
 * size of a pixel, 2 to 8.
 *
 * Returns the pixels written, or undefined for a code that there is not.
 */
export function inflateLzw(bytes: Uint8Array, codeBits: number, out: Uint8Array): number | undefined {
  const clear = 1 << codeBits;
  const end = clear + 1;
  const prefix = new Uint16Array(mostCodes);
  const suffix = new Uint8Array(mostCodes);
  const lengths = new Uint16Array(mostCodes).fill(1, 0, clear);
  for (let code = 0; code < clear; code++) suffix[code] = code;
  let size = codeBits + 1;
  let next = end + 1;
  let previous = -1;
  let position = 0;
  let bits = 0;
  let held = 0;
  let at = 0;
  while (position < out.length) {
    while (held < size && at < bytes.length) {
      bits |= bytes[at++]! << held;
      held += 8;
    }
    if (held < size) break;
    const code = bits & ((1 << size) - 1);
    bits >>>= size;
    held -= size;
    if (code === end) break;
    if (code === clear) {
      size = codeBits + 1;
      next = end + 1;
      previous = -1;
      continue;
    }
    if (previous < 0 ? code >= clear : code > next || (code === next && next === mostCodes)) return undefined;
    if (previous >= 0 && next < mostCodes) {
      prefix[next] = previous;
      lengths[next] = lengths[previous]! + 1;
      // The new entry ends with the first pixel of this code, which may be the entry itself.
      let first = code === next ? previous : code;
      while (first >= clear) first = prefix[first]!;
      suffix[next] = first;
      next++;
      if (next === 1 << size && size < 12) size++;
    }
    let write = position + lengths[code]! - 1;
    position += lengths[code]!;
    for (let each = code; ; each = prefix[each]!) {
      if (write < out.length) out[write] = suffix[each]!;
      write--;
      if (each < clear) break;
    }
    previous = code;
  }
  return Math.min(position, out.length);
}

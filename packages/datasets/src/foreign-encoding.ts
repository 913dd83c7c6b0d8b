import { requireBytes } from '@medseg/arguments';

/** So many bytes tell what a file is. */
const head = 4096;

/**
 * What a file is that should be text in UTF-8, as its first bytes tell: `UTF-16`, as some spreadsheets save text, `UTF-32`, or
 * `no text`. Undefined for what may be UTF-8.
 *
 * @example foreignEncoding(Uint8Array.of(0xff, 0xfe, 0x61, 0)) // 'UTF-16'
 */
export function foreignEncoding(bytes: Uint8Array): 'UTF-16' | 'UTF-32' | 'not text' | undefined {
  requireBytes('foreignEncoding', bytes);
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0 && bytes.length % 4 === 0) return 'UTF-32';
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'UTF-16';
  const first = bytes.subarray(0, head);
  if (!first.includes(0)) return undefined;
  // Without a mark of byte order: in pairs with a zero each, if it is mostly of Latin letters.
  const zeros = [0, 1].map((side) => first.reduce((sum, byte, i) => sum + (i % 2 === side && byte === 0 ? 1 : 0), 0));
  const isPairs = Math.max(...zeros) > first.length / 4 && Math.min(...zeros) === 0;
  return isPairs ? 'UTF-16' : 'not text';
}

import { FormatError } from '../format-error.ts';

/** Reads `length` bytes written as pairs of hexadecimal digits, as NRRD's hex encoding has them; white space is skipped. */
export function readHex(text: Uint8Array, length: number, file?: string): Uint8Array {
  if (length * 2 > text.length)
    throw new FormatError(
      `the file is truncated: ${length} bytes in hex need ${length * 2} digits, it has ${text.length} bytes`,
      { file },
    );
  const bytes = new Uint8Array(length);
  const needed = 2 * length;
  let digits = 0;
  for (let at = 0; at < text.length && digits < needed; at++) {
    const value = digitOf(text[at]!);
    if (value === undefined) {
      if (text[at] === 0x20 || (text[at]! >= 9 && text[at]! <= 13)) continue;
      throw new FormatError(`hex data must be digits and white space, got byte ${text[at]} after ${digits} digits`, {
        file,
      });
    }
    bytes[digits >> 1]! |= value << (digits % 2 === 0 ? 4 : 0);
    digits++;
  }
  if (digits < needed)
    throw new FormatError(`the file is truncated: ${length} bytes in hex need ${needed} digits, it has ${digits}`, {
      file,
    });
  return bytes;
}

function digitOf(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

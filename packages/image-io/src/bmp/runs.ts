import { FormatError } from '../format-error.ts';

/**
 * Reads the run lengths of a BMP file, RLE8 or RLE4, into one index per pixel, rows from the bottom as in the file
 * (Windows SDK, "Bitmap Compression"). Pixels that are skipped have index 0.
 *
 * Throws FormatError for a run out of the image and for data that ends before the mark of its end.
 */
export function readBmpRuns(
  input: Uint8Array,
  { width, height, bits }: { width: number; height: number; bits: number },
  file?: string,
): Uint8Array {
  const out = new Uint8Array(width * height);
  let at = 0;
  let x = 0;
  let y = 0;
  const next = (): number => {
    const byte = input[at++];
    if (byte === undefined)
      throw new FormatError(`the BMP file is truncated: its run lengths end in row ${y} of ${height}`, { file });
    return byte;
  };
  const take = (count: number, indexOf: (i: number) => number): void => {
    if (y >= height || x + count > width)
      throw new FormatError(
        `BMP run lengths must stay in ${width}x${height} pixels, got ${count} at column ${x} of row ${y}`,
        { file },
      );
    for (let i = 0; i < count; i++) out[y * width + x++] = indexOf(i);
  };
  while (true) {
    const count = next();
    const value = next();
    if (count > 0) {
      take(count, bits === 8 ? () => value : (i) => (i % 2 === 0 ? value >> 4 : value & 15));
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      return out;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      // As they are, padded to a pair of bytes.
      const bytes = Math.ceil((value * bits) / 8);
      const start = at;
      at = Math.min(start + bytes, input.length);
      if (at < start + bytes) next();
      at += bytes % 2;
      take(
        value,
        bits === 8 ? (i) => input[start + i]! : (i) => (input[start + (i >> 1)]! >> (i % 2 === 0 ? 4 : 0)) & 15,
      );
    }
  }
}

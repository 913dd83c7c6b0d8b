import { type TiffTag, tiffTags } from './directory.ts';

/** Compresses with LZW as TIFF 6.0, section 13, says: clear, early change, clear again when the table is full. */
export function lzwEncode(input: Uint8Array): Uint8Array {
  const out: number[] = [];
  let bits = 0;
  let count = 0;
  let width = 9;
  const put = (code: number): void => {
    bits = (bits << width) | code;
    count += width;
    while (count >= 8) {
      out.push((bits >> (count - 8)) & 255);
      count -= 8;
    }
    bits &= (1 << count) - 1;
  };
  let table = new Map<string, number>();
  let next = 258;
  const codeOf = (text: string): number => (text.length === 1 ? text.charCodeAt(0) : table.get(text)!);
  put(256);
  let current = '';
  for (const byte of input) {
    const longer = current + String.fromCharCode(byte);
    if (longer.length === 1 || table.has(longer)) {
      current = longer;
      continue;
    }
    put(codeOf(current));
    table.set(longer, next++);
    if (next === 4095) {
      put(256);
      table = new Map();
      next = 258;
      width = 9;
    } else if (next === 512 || next === 1024 || next === 2048) width++;
    current = String.fromCharCode(byte);
  }
  if (current) put(codeOf(current));
  if (next + 1 === 512 || next + 1 === 1024 || next + 1 === 2048) width++;
  put(257);
  if (count > 0) out.push((bits << (8 - count)) & 255);
  return Uint8Array.from(out);
}

/** A little-endian TIFF of 32-bit tags and its strips, with the tags changed as asked; null leaves a tag out. */
export function tiff(strips: Uint8Array[], tags: Partial<Record<TiffTag, number[] | null>>): Uint8Array {
  let place = 8;
  const offsets = strips.map((strip) => {
    place += strip.length;
    return place - strip.length;
  });
  const all: Partial<Record<TiffTag, number[] | null>> = {
    bitsPerSample: [8],
    compression: [1],
    photometric: [1],
    stripOffsets: offsets,
    stripByteCounts: strips.map((strip) => strip.length),
    ...tags,
  };
  const entries = Object.entries(all)
    .flatMap(([tag, values]) => (values ? [{ id: tiffTags[tag as TiffTag], values }] : []))
    .sort((a, b) => a.id - b.id);
  const start = place;
  let extra = start + 2 + entries.length * 12 + 4;
  const bytes = new Uint8Array(
    extra + entries.reduce((sum, { values }) => sum + (values.length > 1 ? values.length * 4 : 0), 0),
  );
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, start, true);
  strips.forEach((strip, i) => {
    bytes.set(strip, offsets[i]);
  });
  view.setUint16(start, entries.length, true);
  entries.forEach(({ id, values }, i) => {
    const at = start + 2 + i * 12;
    view.setUint16(at, id, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, values.length, true);
    let to = at + 8;
    if (values.length > 1) {
      view.setUint32(to, extra, true);
      to = extra;
      extra += values.length * 4;
    }
    values.forEach((value, k) => {
      view.setUint32(to + k * 4, value, true);
    });
  });
  return bytes;
}

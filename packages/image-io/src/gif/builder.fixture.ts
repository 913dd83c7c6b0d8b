/** 10 x 10 pixels of white, red and blue, the example of "What's in a GIF" (M. Flickinger). */
export const flickinger: Uint8Array = Uint8Array.from(
  (
    '47494638396 10a000a00 910000 ffffff ff0000 0000ff 000000 21f904 00000000 00 2c 00000000 0a000a00 00 ' +
    '02 16 8c2d99872a1cdc33a00275ec95faa8de608c04914c01 00 3b'
  )
    .replaceAll(' ', '')
    .match(/../g)!
    .map((pair) => Number.parseInt(pair, 16)),
);

export interface GifParts {
  width: number;
  palette: number[][];
  transparent?: number;
  isInterlaced?: boolean;
  codeBits?: number;
  /** Overrides where the frame lies. */
  place?: [left: number, top: number, width: number, height: number];
  /** How often the frame is there. */
  frames?: number;
}

const word = (value: number): number[] => [value & 255, value >> 8];

/** A GIF file of palette indices, in the order in which they are stored. */
export function gif(indices: readonly number[], parts: GifParts): Uint8Array {
  const { width, palette, transparent, isInterlaced, codeBits = 8, frames = 1 } = parts;
  const height = indices.length / width;
  const place = parts.place ?? [0, 0, width, height];
  const sizeBits = Math.max(0, Math.ceil(Math.log2(palette.length)) - 1);
  const colours = Array.from({ length: 2 ** (sizeBits + 1) }, (_, k) => palette[k] ?? [0, 0, 0]).flat();
  const control = transparent === undefined ? [] : [0x21, 0xf9, 4, 1, 0, 0, transparent, 0];
  const data = deflateLzw(indices, codeBits);
  const blocks: number[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const block = data.slice(at, at + 255);
    blocks.push(block.length, ...block);
  }
  const frame = [...control, 0x2c, ...place.flatMap(word), isInterlaced ? 0x40 : 0, codeBits, ...blocks, 0];
  const header = [...'GIF89a'].map((letter) => letter.charCodeAt(0));
  const screen = [...word(width), ...word(height), 0x80 | sizeBits, 0, 0];
  return Uint8Array.from([...header, ...screen, ...colours, ...Array(frames).fill(frame).flat(), 0x3b]);
}

/** LZW as encoders of GIF write it: codes that grow, and a clear code where all 4096 are taken. */
function deflateLzw(pixels: readonly number[], codeBits: number): number[] {
  const clear = 1 << codeBits;
  const bits: number[] = [];
  let codes = new Map<string, number>();
  let size = codeBits + 1;
  const emit = (code: number): void => {
    for (let k = 0; k < size; k++) bits.push((code >> k) & 1);
  };
  emit(clear);
  let text = '';
  const codeOf = (run: string): number => codes.get(run) ?? Number(run);
  for (const pixel of pixels) {
    const longer = text === '' ? `${pixel}` : `${text},${pixel}`;
    if (text === '' || codes.has(longer)) {
      text = longer;
      continue;
    }
    emit(codeOf(text));
    const next = clear + 2 + codes.size;
    if (next < 4096) {
      codes.set(longer, next);
      if (next === 1 << size) size++;
    } else {
      emit(clear);
      codes = new Map();
      size = codeBits + 1;
    }
    text = `${pixel}`;
  }
  if (text !== '') emit(codeOf(text));
  emit(clear + 1);
  const out: number[] = [];
  for (let at = 0; at < bits.length; at += 8)
    out.push(bits.slice(at, at + 8).reduce((byte, bit, k) => byte | (bit << k), 0));
  return out;
}

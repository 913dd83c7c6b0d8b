import { type JpegLsPreset, LineCoder } from './ls-coder.ts';

/** Samples of a JPEG-LS image, channels together. */
export interface JpegLsImage {
  width: number;
  height: number;
  channels: number;
  bits: number;
  data: Uint8Array | Uint16Array;
}

interface Frame {
  width: number;
  height: number;
  channels: number;
  bits: number;
}

/**
 * Decodes JPEG-LS, lossless and near-lossless, 2 to 16 bits, channels in scans of their own or interleaved by line or by
 * sample (ITU T.87). Written here because the WebAssembly build of CharLS takes half a minute for some truncated files
 * of 3 KB, and cannot be interrupted.
 *
 * Throws Error for everything that is wrong with the bytes, and for restart intervals, mapping tables and the colour
 * transforms of one maker. The caller has checked the size that the frame declares.
 */
export function decodeJpegLs(bytes: Uint8Array): JpegLsImage {
  const word = (at: number): number => {
    if (at + 2 > bytes.length) throw new Error('it ends inside its headers');
    return (bytes[at]! << 8) | bytes[at + 1]!;
  };
  if (word(0) !== 0xffd8) throw new Error('it must start with FF D8');
  let frame: Frame | undefined;
  let preset: Partial<JpegLsPreset> = {};
  let data: Uint8Array | Uint16Array | undefined;
  let done = 0;
  for (let at = 2; ; ) {
    const marker = word(at);
    if (marker === 0xffff) {
      at++;
      continue;
    }
    if (marker === 0xffd9) break;
    if (marker < 0xffc0) throw new Error('a marker must start with FF');
    const length = word(at + 2);
    const body = at + 4;
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) throw new Error('a marker reaches over its end');
    if (marker === 0xfff7) {
      if (frame || length < 11) throw new Error('it must have one frame');
      frame = { bits: bytes[body]!, height: word(body + 1), width: word(body + 3), channels: bytes[body + 5]! };
      const { width, height, channels, bits } = frame;
      if (width < 1 || height < 1 || channels < 1 || channels > 4 || bits < 2 || bits > 16)
        throw new Error(`${width}x${height} pixels of ${channels} channels of ${bits} bits are not read`);
      data = new (bits > 8 ? Uint16Array : Uint8Array)(width * height * channels);
    } else if (marker === 0xfff8) {
      if (bytes[body] !== 1 || length < 13) throw new Error('mapping tables and larger sizes are not read');
      const [maxValue, t1, t2, t3, reset] = [1, 3, 5, 7, 9].map((offset) => word(body + offset)) as [
        number,
        number,
        number,
        number,
        number,
      ];
      preset = { maxValue, t1, t2, t3, reset };
    } else if (marker === 0xffdd && length > 2 && bytes.subarray(body, end).some((byte) => byte !== 0)) {
      throw new Error('restart intervals are not read');
    } else if (marker === 0xffe8 && String.fromCharCode(...bytes.subarray(body, body + 4)) === 'mrfx') {
      if (bytes[body + 4] !== 0) throw new Error('colour transforms of one maker are not read');
    }
    at = end;
    if (marker !== 0xffda) continue;
    if (!frame || !data) throw new Error('a scan must come after its frame');
    const count = bytes[body]!;
    const parameters = body + 1 + 2 * count;
    if (length !== 6 + 2 * count || done + count > frame.channels || count < 1)
      throw new Error(`a scan of ${count} channels does not fit`);
    const [near, interleave, point] = [bytes[parameters]!, bytes[parameters + 1]!, bytes[parameters + 2]!];
    if (interleave > 2 || count > 1 !== interleave > 0 || point !== 0)
      throw new Error(`interleave mode ${interleave} with point transform ${point} is not read`);
    const coder = new LineCoder(bytes, at, { bits: frame.bits, near, ...preset }, frame.width, count);
    for (let y = 0; y < frame.height; y++) {
      const lines = interleave === 2 ? coder.samples() : coder.lines();
      for (const [c, line] of lines.entries()) {
        const start = y * frame.width * frame.channels + done + c;
        for (let x = 0; x < frame.width; x++) data[start + x * frame.channels] = line[x + 1]!;
      }
    }
    at = coder.end();
    done += count;
  }
  if (!frame || !data || done < frame.channels) throw new Error('it must have a scan for each channel');
  return { ...frame, data };
}

/// <reference path="../bytes/codecs.d.ts" />
import { type WasmDecode, wasmCodec } from '../bytes/wasm-codec.ts';

/** libjpeg-turbo, as Pillow and most others use it: slow integer transform, interpolated chroma. RGB or gray out. */
export const libjpeg: WasmDecode = wasmCodec(
  'JPEG',
  'JPEGDecoder',
  () => import('@cornerstonejs/codec-libjpeg-turbo-8bit/decode'),
);

/**
 * Says in a JPEG that says nothing itself whether its three channels are luma and chroma: a marker as Adobe writes it
 * (T.872, 6.5.3), after the first one. A file that has its own is left unchanged.
 */
export function withColourTransform(bytes: Uint8Array, isYbr: boolean): Uint8Array {
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; at += 2 + word(at + 2)) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 9));
    if ((bytes[at + 1] === 0xee && name === 'Adobe') || (bytes[at + 1] === 0xe0 && name === 'JFIF\0')) return bytes;
    if (word(at + 2) < 2) return bytes;
  }
  const marker = [0xff, 0xee, 0, 14, ...[...'Adobe'].map((c) => c.charCodeAt(0)), 0, 100, 0, 0, 0, 0, isYbr ? 1 : 0];
  const out = new Uint8Array(bytes.length + marker.length);
  out.set(bytes.subarray(0, 2));
  out.set(marker, 2);
  out.set(bytes.subarray(2), 2 + marker.length);
  return out;
}

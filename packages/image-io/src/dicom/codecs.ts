/// <reference path="../bytes/codecs.d.ts" />

import { type WasmFrame, wasmCodec } from '../bytes/wasm-codec.ts';
import { FormatError } from '../format-error.ts';
import { libjpeg, withColourTransform } from '../jpeg/libjpeg.ts';
import { decodeJpegLs } from '../jpeg/ls.ts';
import { decodeRle } from './rle.ts';
import type { DicomCodec } from './transfer-syntax.ts';

/** What a DICOM file says of one of its frames. */
export interface FrameShape {
  rows: number;
  columns: number;
  channels: number;
  /** Bytes a sample takes when it is not compressed. */
  sampleBytes: number;
  /** Whether the file says that colours are luma and chroma. */
  isYbr: boolean;
}

const openjpeg = wasmCodec('JPEG 2000', 'J2KDecoder', () => import('@cornerstonejs/codec-openjpeg/decode'));

/** Bytes of memory that decoding takes for each sample, so that `maxBytes` holds for it too. */
const workingBytes: Record<DicomCodec, number> = { RLE: 4, JPEG: 4, 'JPEG Lossless': 4, 'JPEG-LS': 4, 'JPEG 2000': 12 };

/**
 * Decodes one compressed frame to samples as in an uncompressed file, little-endian, channels
 * together. JPEG comes out as RGB, and so does JPEG 2000 whose own colour transform was used. The codecs are loaded when
 * they are first needed, from this package's dependencies.
 *
 * Throws FormatError when the data is broken or is not what the file says.
 */
export async function decodeFrame(
  codec: DicomCodec,
  bytes: Uint8Array,
  shape: FrameShape,
  { maxBytes, file }: { maxBytes: number; file: string | undefined },
): Promise<Uint8Array> {
  const fail = (rule: string, cause?: unknown): never => {
    throw new FormatError(rule, { file, cause });
  };
  const { rows, columns, channels, sampleBytes } = shape;
  const samples = rows * columns * channels;
  const needed = samples * Math.max(workingBytes[codec], sampleBytes);
  if (needed > maxBytes)
    fail(`a ${codec} frame of ${columns}x${rows} needs ${needed} bytes of memory; the limit maxBytes is ${maxBytes}`);
  if (codec === 'RLE') {
    try {
      return decodeRle(bytes, { pixels: rows * columns, channels, sampleBytes });
    } catch (cause) {
      return fail(`the RLE data is broken: ${(cause as Error).message}`, cause);
    }
  }
  const found = frameSize(codec, bytes) ?? fail(`the ${codec} data of a frame has no header`);
  if (found.rows !== rows || found.columns !== columns || found.channels !== channels)
    fail(
      `a ${codec} frame must have the file's ${columns}x${rows} pixels of ${channels} channels, got ${found.columns}x${found.rows} of ${found.channels}`,
    );
  if (found.bits > sampleBytes * 8)
    fail(`a ${codec} frame of ${found.bits} bits does not fit into samples of ${sampleBytes * 8}`);
  if (codec === 'JPEG Lossless') return widen(await decodeLossless(bytes, found.bits, fail), samples, sampleBytes);
  if (codec === 'JPEG-LS') {
    try {
      return widen(decodeJpegLs(bytes).data, samples, sampleBytes);
    } catch (cause) {
      return fail(`the JPEG-LS data is broken: ${(cause as Error).message}`, cause);
    }
  }
  if (codec === 'JPEG' && found.bits !== 8)
    return fail(`JPEG frames of 8 bits are read, and lossless ones of more, got ${found.bits} bits`);
  const decode = codec === 'JPEG' ? libjpeg : openjpeg;
  const input = codec === 'JPEG' ? withColourTransform(bytes, shape.isYbr) : bytes;
  const { frame, data } = await decode(input, file);
  checkFrame(frame, shape, fail);
  const width = frame.bitsPerSample > 8 ? 2 : 1;
  if (data.length < samples * width) fail(`the ${codec} data of a frame ends early`);
  return widen(width === 1 ? data : new Uint16Array(data.buffer, 0, samples), samples, sampleBytes);
}

function checkFrame(frame: WasmFrame, { rows, columns, channels }: FrameShape, fail: (rule: string) => never): void {
  if (frame.width !== columns || frame.height !== rows || frame.componentCount !== channels)
    fail(`a frame must have ${columns}x${rows} pixels of ${channels}, got ${frame.width}x${frame.height}`);
}

/** Brings samples to the width they have in the file, as bytes. */
function widen(values: Uint8Array | Uint16Array, samples: number, sampleBytes: number): Uint8Array {
  if (values.BYTES_PER_ELEMENT === sampleBytes)
    return new Uint8Array(values.buffer, values.byteOffset, samples * sampleBytes);
  const wide = new { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[sampleBytes as 1 | 2 | 4](samples);
  for (let i = 0; i < samples; i++) wide[i] = values[i]!;
  return new Uint8Array(wide.buffer);
}

async function decodeLossless(
  bytes: Uint8Array,
  bits: number,
  fail: (rule: string, cause?: unknown) => never,
): Promise<Uint8Array | Uint16Array> {
  const { Decoder } = await import('jpeg-lossless-decoder-js');
  const decoder = new Decoder();
  let values: Uint8Array | Uint16Array;
  try {
    values = decoder.decode(new Uint8Array(bytes).buffer, 0, bytes.length, bits > 8 ? 2 : 1);
  } catch (cause) {
    return fail(`the JPEG Lossless data is broken: ${(cause as Error).message}`, cause);
  }
  // The decoder leaves the rest of a frame that ends early at 0.
  if (decoder.yLoc < decoder.yDim) fail('the JPEG Lossless data of a frame ends early');
  return values;
}

interface FoundSize {
  rows: number;
  columns: number;
  channels: number;
  bits: number;
}

/** The size that a compressed frame declares for itself, read before a codec allocates anything for it. */
function frameSize(codec: DicomCodec, bytes: Uint8Array): FoundSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (codec === 'JPEG 2000') {
    // SOC and SIZ come first (T.800, A.5.1).
    if (bytes.length < 43 || view.getUint32(0) !== 0xff4fff51) return undefined;
    const [columns, rows] = [view.getUint32(8) - view.getUint32(16), view.getUint32(12) - view.getUint32(20)];
    const channels = view.getUint16(40);
    return { rows, columns, channels, bits: (bytes[42]! & 0x7f) + 1 };
  }
  for (let at = 2; at + 10 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
    if (isFrame && (codec === 'JPEG-LS') === (marker === 0xf7) && (codec === 'JPEG Lossless') === (marker === 0xc3))
      return {
        bits: bytes[at + 4]!,
        rows: view.getUint16(at + 5),
        columns: view.getUint16(at + 7),
        channels: bytes[at + 9]!,
      };
    if (isFrame || marker === 0xda) return undefined;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

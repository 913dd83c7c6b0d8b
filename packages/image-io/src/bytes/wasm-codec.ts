import { FormatError } from '../format-error.ts';

/** What a codec says of the image that it has decoded. */
export interface WasmFrame {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
  isSigned: boolean;
}

interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): WasmFrame;
  delete(): void;
}

interface WasmModule {
  [decoder: string]: unknown;
}

/** Makes an instance of a codec that emscripten has built. */
export type WasmFactory = (options: {
  print: (text: string) => void;
  printErr: (text: string) => void;
}) => Promise<WasmModule>;

/** Decodes the bytes of one image; the samples are a copy, channels together, two bytes each over 8 bits. */
export type WasmDecode = (bytes: Uint8Array, file?: string) => Promise<{ frame: WasmFrame; data: Uint8Array }>;

/** Memory of a codec never shrinks; an instance with more than this is not kept. */
const mostKept = 2 ** 26;

/** Each refusal of a codec leaves a little of its stack and memory behind; 3,000 are known to do no harm. */
const mostRefusals = 100;

/**
 * A codec that is loaded when it is first needed. An instance that has crashed, and not just refused, is not used again.
 *
 * Its decoding throws FormatError for whatever the codec throws.
 */
export function wasmCodec(
  name: string,
  decoderName: string,
  load: () => Promise<{ default: WasmFactory }>,
): WasmDecode {
  let instance: Promise<WasmModule> | undefined;
  let refusals = 0;
  const start = async (): Promise<WasmModule> => {
    const { default: factory } = await load();
    return await factory({ print: () => {}, printErr: () => {} });
  };
  return async (bytes, file) => {
    instance ??= start();
    const codec = await instance;
    let decoder: WasmDecoder | undefined;
    try {
      decoder = new (codec[decoderName] as new () => WasmDecoder)();
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      const frame = { ...decoder.getFrameInfo() };
      const decoded = decoder.getDecodedBuffer();
      const data = new Uint8Array(decoded);
      if (decoded.buffer.byteLength > mostKept) instance = undefined;
      decoder.delete();
      return { frame, data };
    } catch (cause) {
      // A C++ exception comes as its address.
      const isRefusal = typeof cause === 'number' && ++refusals % mostRefusals !== 0;
      if (isRefusal) decoder?.delete();
      else instance = undefined;
      throw new FormatError(`the ${name} data is broken${reason(cause)}`, { file, cause });
    }
  };
}

function reason(cause: unknown): string {
  return cause instanceof Error && cause.message ? `: ${cause.message.slice(0, 80)}` : '';
}

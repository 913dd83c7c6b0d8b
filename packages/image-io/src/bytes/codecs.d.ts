// What is used of packages that bring no types of their own.

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decode' {
  const factory: import('./wasm-codec.ts').WasmFactory;
  export default factory;
}

declare module '@cornerstonejs/codec-openjpeg/decode' {
  const factory: import('./wasm-codec.ts').WasmFactory;
  export default factory;
}

declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    xLoc: number;
    yLoc: number;
    xDim: number;
    yDim: number;
    decode(buffer: ArrayBufferLike, offset?: number, length?: number, numBytes?: number): Uint8Array | Uint16Array;
  }
}

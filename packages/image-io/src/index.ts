export { decodeImage } from './decode-image.ts';
export { decodePng } from './decode-png.ts';
export { decodeTiff } from './decode-tiff.ts';
export { encodePng } from './encode-png.ts';
export { encodeTiff } from './encode-tiff.ts';
export { FormatError, type FormatErrorDetails } from './format-error.ts';
export { createImage, type DecodeOptions, defaultMaxBytes, type Image, type ImageData } from './image.ts';
export { type ImageFormat, sniffFormat } from './sniff.ts';

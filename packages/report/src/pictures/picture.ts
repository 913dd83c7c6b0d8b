import { requireObject } from '@medseg/arguments';
import { createImage, encodePng } from '@medseg/image-io';

/** A picture of 8-bit colours, row by row. */
export interface Picture {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** [height, width, 3]. */
  readonly rgb: Uint8Array;
}

/**
 * A picture as the bytes of a PNG file.
 *
 * @example await writeFile('heat.png', toPng(drawHeat(uncertainty, { height: 64, width: 64 })))
 */
export function toPng(picture: Picture): Uint8Array {
  requireObject('toPng: picture', picture, ['height', 'width', 'rgb']);
  const { height, width, rgb } = picture;
  return encodePng(createImage({ width, height, channels: 3, data: rgb }));
}

/**
 * A picture as a PNG in a data URI, for a page that needs nothing else.
 *
 * @example `<img src="${toDataUri(picture)}" alt="uncertainty">`
 */
export function toDataUri(picture: Picture): string {
  requireObject('toDataUri: picture', picture, ['height', 'width', 'rgb']);
  return `data:image/png;base64,${toBase64(toPng(picture))}`;
}

/** Bytes that are passed to a function at once. */
const CHUNK = 8192;

function toBase64(bytes: Uint8Array): string {
  let characters = '';
  for (let at = 0; at < bytes.length; at += CHUNK) characters += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(characters);
}

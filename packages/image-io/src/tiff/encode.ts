import { requireObject } from '@medseg/arguments';
import { checkImage, type Image } from '../image.ts';
import { type TiffTag, tiffTags } from './directory.ts';

const short = 3;
const long = 4;
const rational = 5;
const typeBytes: Record<number, number> = { [short]: 2, [long]: 4, [rational]: 8 };

/**
 * Encodes an image as an uncompressed little-endian TIFF with one strip (TIFF 6.0); any number of channels, 8 or 16
 * bits or float32.
 *
 * Throws RangeError or TypeError when the image's parts contradict one another, and RangeError over 4 GiB.
 *
 * @example encodeTiff({ width: 2, height: 1, channels: 1, bitDepth: 32, data: Float32Array.of(0.25, 0.75) })
 */
export function encodeTiff(image: Image): Uint8Array {
  requireObject('encodeTiff: image', image, ['width', 'height', 'channels', 'bitDepth']);
  checkImage(image);
  const { width, height, channels, bitDepth, data } = image;
  const rgb = channels === 3 || channels === 4;
  const extra = channels - (rgb ? 3 : 1);
  const entries: { tag: TiffTag; type: number; values: number[] }[] = [
    { tag: 'width', type: long, values: [width] },
    { tag: 'height', type: long, values: [height] },
    { tag: 'bitsPerSample', type: short, values: Array<number>(channels).fill(bitDepth) },
    { tag: 'compression', type: short, values: [1] },
    { tag: 'photometric', type: short, values: [rgb ? 2 : 1] },
    { tag: 'stripOffsets', type: long, values: [0] },
    { tag: 'samplesPerPixel', type: short, values: [channels] },
    { tag: 'rowsPerStrip', type: long, values: [height] },
    { tag: 'stripByteCounts', type: long, values: [data.byteLength] },
    { tag: 'xResolution', type: rational, values: [72, 1] },
    { tag: 'yResolution', type: rational, values: [72, 1] },
    { tag: 'planarConfiguration', type: short, values: [1] },
    { tag: 'resolutionUnit', type: short, values: [1] },
  ];
  if (extra > 0) {
    // 2: opacity, 0: something else. Opacity is always the last channel.
    const values = Array.from({ length: extra }, (_, i) => (image.alpha && i === extra - 1 ? 2 : 0));
    entries.push({ tag: 'extraSamples', type: short, values });
  }
  entries.push({ tag: 'sampleFormat', type: short, values: Array<number>(channels).fill(bitDepth === 32 ? 3 : 1) });

  // Values that do not fit into an entry stand behind the directory, the pixels behind them.
  const sizeOf = (entry: { type: number; values: number[] }): number =>
    (entry.type === rational ? entry.values.length / 2 : entry.values.length) * typeBytes[entry.type]!;
  let next = 8 + 2 + entries.length * 12 + 4;
  const places = entries.map((entry) => {
    const size = sizeOf(entry);
    if (size <= 4) return undefined;
    const place = next;
    next += size + (size & 1);
    return place;
  });
  const pixels = Math.ceil(next / 4) * 4;
  if (pixels + data.byteLength > 0xffffffff)
    throw new RangeError(`encodeTiff: a TIFF file has at most 4 GiB, got ${data.byteLength} bytes of pixels`);
  entries.find((entry) => entry.tag === 'stripOffsets')!.values = [pixels];

  const bytes = new Uint8Array(pixels + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4949);
  view.setUint16(2, 42, true);
  view.setUint32(4, 8, true);
  view.setUint16(8, entries.length, true);
  entries.forEach((entry, i) => {
    const at = 10 + i * 12;
    const place = places[i];
    view.setUint16(at, tiffTags[entry.tag], true);
    view.setUint16(at + 2, entry.type, true);
    view.setUint32(at + 4, sizeOf(entry) / typeBytes[entry.type]!, true);
    if (place !== undefined) view.setUint32(at + 8, place, true);
    entry.values.forEach((value, k) => {
      if (entry.type === short) view.setUint16((place ?? at + 8) + k * 2, value, true);
      else view.setUint32((place ?? at + 8) + k * 4, value, true);
    });
  });
  if (data instanceof Uint8Array) bytes.set(data, pixels);
  else if (data instanceof Uint16Array)
    for (let i = 0; i < data.length; i++) view.setUint16(pixels + i * 2, data[i]!, true);
  else for (let i = 0; i < data.length; i++) view.setFloat32(pixels + i * 4, data[i]!, true);
  return bytes;
}

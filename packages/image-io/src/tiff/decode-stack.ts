import { FormatError } from '../format-error.ts';
import { flipWorld, identity, type Triple } from '../geometry.ts';
import { type DecodeOptions, defaultMaxBytes, type Image, type ImageData } from '../image.ts';
import { createVolume, type Volume } from '../volume.ts';
import { decodeTiffPage } from './decode.ts';
import { readTiffDirectories, readTiffDirectory, type TiffDirectory, tiffPages } from './directory.ts';

/**
 * Decodes the pages of a TIFF file as the slices of a volume; they must have one size, one number of channels and one
 * type.
 *
 * Spacing is that of ImageJ's description in mm, cm, µm or nm, else in the plane that of the resolution a centimetre or
 * inch, else 1; axes lie as ITK has them, along LPS.
 *
 * Throws FormatError for everything that is wrong with the bytes, for a single page, which is an image, for pages that
 * differ and for sizes over `maxBytes` of all pages together.
 */
export function decodeTiffStack(
  bytes: Uint8Array,
  name?: string,
  { maxBytes = defaultMaxBytes }: DecodeOptions = {},
): Volume {
  const pages = tiffPages(bytes, name);
  if (pages < 2)
    throw new FormatError('a volume in a TIFF file must have several pages, got 1: it is an image', { file: name });
  let first: Image | undefined;
  let data: ImageData = new Uint8Array(0);
  let index = 0;
  for (const directory of readTiffDirectories(bytes, name)) {
    const image = decodeTiffPage(bytes, directory, maxBytes, name);
    if (!first) {
      const total = image.data.byteLength * pages;
      if (total > maxBytes)
        throw new FormatError(
          `the TIFF file has ${pages} pages of ${image.width}x${image.height} pixels, ${total} bytes; the limit maxBytes is ${maxBytes}`,
          { file: name },
        );
      first = image;
      data = new (image.data.constructor as new (length: number) => ImageData)(image.data.length * pages);
    }
    if (describe(image) !== describe(first))
      throw new FormatError(
        `the pages of a TIFF volume must be alike, page 0 is ${describe(first)} and page ${index} ${describe(image)}`,
        { file: name },
      );
    data.set(image.data, index++ * image.data.length);
  }
  const { width, height, channels } = first!;
  const spacing = spacingOf(readTiffDirectory(bytes, name));
  return createVolume({
    size: [width, height, pages],
    channels,
    data,
    ...(first!.remarks && { remarks: first!.remarks }),
    ...flipWorld({ spacing, origin: [0, 0, 0], direction: identity }),
  });
}

const describe = ({ width, height, channels, bitDepth }: Image): string =>
  `${width}x${height} with ${channels} ${channels === 1 ? 'channel' : 'channels'} of ${bitDepth} bits`;

const millimetres: Record<string, number> = {
  mm: 1,
  cm: 10,
  um: 1e-3,
  µm: 1e-3,
  micron: 1e-3,
  '\\u00b5m': 1e-3,
  nm: 1e-6,
};

function spacingOf(directory: TiffDirectory): Triple {
  const text = String.fromCharCode(...(directory.all('description') ?? []));
  const field = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim();
  // ITK's units: 2 is an inch, 3 a centimetre.
  const unit = { 2: 25.4, 3: 10 }[directory.first('resolutionUnit', 2)];
  const isImageJ = text.startsWith('ImageJ=');
  const step = isImageJ ? millimetres[field('unit')?.toLowerCase() ?? ''] : unit;
  if (step === undefined) return [1, 1, 1];
  const across = isImageJ ? Number(field('spacing') ?? 1) * step : 1;
  return [step / directory.first('xResolution', step), step / directory.first('yResolution', step), across].map(
    (length) => (Number.isFinite(length) && length > 0 ? length : 1),
  ) as unknown as Triple;
}

import { type OptionNames, requireOptions } from '@medseg/arguments';
/** Samples of an image: 8 and 16 bit unsigned, everything else as float32. */
export type ImageData = Uint8Array | Uint16Array | Float32Array;

/** How a file is to be shown (tag 274 of EXIF and TIFF), where not as it is stored, which is 1. */
export type Orientation = 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** A raster image, samples interleaved row by row: index `(y * width + x) * channels + channel`. */
export interface Image {
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
  /** Samples a pixel. */
  channels: number;
  /** 8 for `Uint8Array`, 16 for `Uint16Array`, 32 for `Float32Array`. */
  bitDepth: 8 | 16 | 32;
  /** The samples, row by row. */
  data: ImageData;
  /** True when the last channel is opacity and not a measurement. Absent where it is a measurement. */
  alpha?: boolean;
  /**
   * True when compression has changed the samples: a mask saved so has values near its own. Absent where they are as
   * they were.
   */
  lossy?: boolean;
  /** Palette indices, one per pixel, where the file has a palette of colours: the labels of a mask. */
  indices?: Uint8Array;
  /** How the file is to be shown, where not as stored. The pixels are as stored; `orientImage` turns them. */
  orientation?: Orientation;
  /**
   * What the user should know about the file: the assumptions made, and where the file was not taken at its word.
   * Absent where there is nothing to say.
   */
  remarks?: readonly string[];
}

/** Limits while decoding. */
export interface DecodeOptions {
  /**
   * Largest decoded image in bytes; a file that declares more is refused before anything is allocated. Default {@link
   * defaultMaxBytes}.
   */
  maxBytes?: number;
}

export const decodeOptionNames: OptionNames<DecodeOptions> = { maxBytes: true };

/** 256 MiB: an 8192 x 8192 RGB image with 8 bits passes. */
export const defaultMaxBytes: number = 2 ** 28;

const createImageOptionNames: OptionNames<NonNullable<Parameters<typeof createImage>[0]>> = {
  width: true,
  height: true,
  channels: true,
  data: true,
  alpha: true,
  lossy: true,
  indices: true,
  orientation: true,
  remarks: true,
};

/**
 * Makes an image from its samples, choosing `bitDepth` by the type of `data`.
 *
 * Throws RangeError when `data.length` is not `width * height * channels`.
 *
 * @example createImage({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) })
 */
export function createImage(image: {
  width: number;
  height: number;
  channels: number;
  data: ImageData;
  /** Whether the last channel is opacity. Default false. */
  alpha?: boolean;
  /** Whether compression has changed the samples. Default false. */
  lossy?: boolean;
  /** Palette indices, one per pixel. Default none. */
  indices?: Uint8Array;
  /** How it is to be shown. Default: as stored. */
  orientation?: Orientation;
  /** What the user should know about it. Default none. */
  remarks?: readonly string[];
}): Image {
  requireOptions('createImage', image, createImageOptionNames);
  const bitDepth = image.data instanceof Uint8Array ? 8 : image.data instanceof Uint16Array ? 16 : 32;
  const made: Image = { ...image, bitDepth };
  checkImage(made);
  return made;
}

/** Throws RangeError or TypeError when the parts of an image contradict one another. */
export function checkImage({ width, height, channels, bitDepth, data, indices }: Image): void {
  for (const [name, value] of Object.entries({ width, height, channels })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`image: ${name} must be a positive integer, got ${value}`);
  }
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `image: ${width}x${height} with ${channels} channels needs ${width * height * channels} samples, got ${data.length}`,
    );
  }
  if (indices && indices.length !== width * height)
    throw new RangeError(`image: ${width}x${height} needs ${width * height} palette indices, got ${indices.length}`);
  const bits = data instanceof Uint8Array ? 8 : data instanceof Uint16Array ? 16 : 32;
  if (bits !== bitDepth) {
    throw new TypeError(
      `image: bitDepth ${bitDepth} does not go with ${data.constructor.name}, which has ${bits} bits`,
    );
  }
}

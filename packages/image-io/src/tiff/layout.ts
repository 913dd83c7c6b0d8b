import { FormatError } from '../format-error.ts';
import { type TiffCompression, tiffCompressions } from './compression.ts';
import type { TiffDirectory, TiffTag } from './directory.ts';

/** One strip or tile: where its bytes are and which pixels it holds. */
export interface TiffSegment {
  offset: number;
  byteCount: number;
  x: number;
  y: number;
  /** Rows and columns that are stored; a tile's may reach over the image's edge. */
  width: number;
  height: number;
  /** The plane of a file that keeps its channels apart, else 0. */
  plane: number;
  /** Bytes of one row after decompression, and of all rows. */
  rowBytes: number;
  bytes: number;
}

/** What a TIFF page declares, checked. */
export interface TiffLayout {
  width: number;
  height: number;
  channels: number;
  bits: 1 | 2 | 4 | 8 | 12 | 16 | 32 | 64;
  format: 'unsigned' | 'signed' | 'float';
  photometric: 'white-is-zero' | 'black-is-zero' | 'rgb' | 'palette';
  alpha: boolean;
  planar: boolean;
  predictor: 1 | 2 | 3;
  compression: TiffCompression;
  segments: TiffSegment[];
}

const photometrics: Record<number, TiffLayout['photometric']> = {
  0: 'white-is-zero',
  1: 'black-is-zero',
  2: 'rgb',
  3: 'palette',
};
const formats: Record<number, TiffLayout['format']> = { 1: 'unsigned', 2: 'signed', 3: 'float', 4: 'unsigned' };
const bitsOf: Record<TiffLayout['format'], number[]> = {
  unsigned: [1, 2, 4, 8, 12, 16, 32],
  signed: [8, 16, 32],
  float: [16, 32, 64],
};

/** Turns a directory into a layout; throws FormatError for what is not supported or contradicts itself or the bytes. */
export function readTiffLayout(
  directory: TiffDirectory,
  fileBytes: number,
  maxBytes: number,
  file?: string,
): TiffLayout {
  const fail = (rule: string, tag?: TiffTag): never => {
    throw new FormatError(rule, { file, offset: tag && directory.offset(tag) });
  };
  const width = directory.first('width', 0);
  const height = directory.first('height', 0);
  if (width < 1 || height < 1) fail(`TIFF width and height must be at least 1, got ${width}x${height}`, 'width');
  const channels = directory.first('samplesPerPixel', 1);
  const allBits = directory.all('bitsPerSample') ?? [1];
  const bits = allBits[0]!;
  if (allBits.some((value) => value !== bits))
    fail(`TIFF channels must have one bit depth, got ${allBits.join(', ')}`, 'bitsPerSample');
  const formatNumber = directory.first('sampleFormat', 1);
  const format =
    formats[formatNumber] ?? fail(`TIFF sample format must be 1, 2, 3 or 4, got ${formatNumber}`, 'sampleFormat');
  if (!bitsOf[format].includes(bits))
    fail(`TIFF ${format} samples must have ${bitsOf[format].join(', ')} bits, got ${bits}`, 'bitsPerSample');
  const photometricNumber = directory.first('photometric', channels >= 3 ? 2 : 1);
  const photometric =
    photometrics[photometricNumber] ??
    fail(
      `TIFF colours must be gray, RGB or palette (photometric interpretation 0 to 3), got ${photometricNumber}`,
      'photometric',
    );
  if (
    channels < 1 ||
    (photometric === 'rgb' && channels < 3) ||
    (photometric === 'palette' && (channels !== 1 || bits > 8))
  ) {
    fail(`TIFF ${photometric} does not go with ${channels} samples a pixel of ${bits} bits`, 'samplesPerPixel');
  }
  const compressionNumber = directory.first('compression', 1);
  const compression =
    tiffCompressions[compressionNumber] ??
    fail(
      `TIFF compression must be none, LZW, deflate or PackBits (1, 5, 8, 32773, 32946), got ${compressionNumber}`,
      'compression',
    );
  const predictor = directory.first('predictor', 1);
  if (predictor !== 1 && !(predictor === 2 && [8, 16, 32].includes(bits)) && !(predictor === 3 && format === 'float')) {
    fail(`TIFF predictor ${predictor} does not go with ${format} samples of ${bits} bits`, 'predictor');
  }
  const planarNumber = directory.first('planarConfiguration', 1);
  if (planarNumber !== 1 && planarNumber !== 2)
    fail(`TIFF planar configuration must be 1 or 2, got ${planarNumber}`, 'planarConfiguration');
  if (directory.first('fillOrder', 1) !== 1) fail('TIFF fill order must be 1', 'fillOrder');

  const decodedBytes =
    width *
    height *
    (photometric === 'palette' ? 3 : channels) *
    (format !== 'unsigned' || bits > 16 ? 4 : Math.ceil(bits / 8));
  if (decodedBytes > maxBytes) {
    fail(
      `the TIFF declares ${width}x${height} pixels with ${channels} channels, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`,
      'width',
    );
  }
  const layout = {
    width,
    height,
    channels,
    bits: bits as TiffLayout['bits'],
    format,
    photometric,
    alpha: channels === (photometric === 'rgb' ? 4 : 2) && [1, 2].includes(directory.first('extraSamples', 0)),
    planar: planarNumber === 2 && channels > 1,
    predictor: predictor as TiffLayout['predictor'],
    compression,
  };
  return { ...layout, segments: readSegments(directory, layout, fileBytes, maxBytes, fail) };
}

function readSegments(
  directory: TiffDirectory,
  layout: Omit<TiffLayout, 'segments'>,
  fileBytes: number,
  maxBytes: number,
  fail: (rule: string, tag?: TiffTag) => never,
): TiffSegment[] {
  const { width, height, channels, bits, planar, compression } = layout;
  const tiled = directory.all('tileOffsets') !== undefined;
  const kind = tiled ? 'tile' : 'strip';
  const offsets =
    directory.all(tiled ? 'tileOffsets' : 'stripOffsets') ?? fail('a TIFF file must say where its strips or tiles are');
  const segmentWidth = tiled ? directory.first('tileWidth', 0) : width;
  const segmentHeight = tiled
    ? directory.first('tileHeight', 0)
    : Math.min(height, directory.first('rowsPerStrip', height));
  if (segmentWidth < 1 || segmentHeight < 1)
    fail(
      `a TIFF ${kind} must have at least one pixel, got ${segmentWidth}x${segmentHeight}`,
      tiled ? 'tileWidth' : 'rowsPerStrip',
    );
  const across = Math.ceil(width / segmentWidth);
  const down = Math.ceil(height / segmentHeight);
  const needed = across * down * (planar ? channels : 1);
  if (offsets.length < needed)
    fail(
      `the TIFF needs ${needed} ${kind}s for its ${width}x${height} pixels, got ${offsets.length}`,
      tiled ? 'tileOffsets' : 'stripOffsets',
    );
  const rowBytes = Math.ceil((segmentWidth * (planar ? 1 : channels) * bits) / 8);
  if (rowBytes * segmentHeight > maxBytes) {
    fail(
      `a TIFF ${kind} declares ${segmentWidth}x${segmentHeight} pixels, ${rowBytes * segmentHeight} bytes; the limit maxBytes is ${maxBytes}`,
      tiled ? 'tileWidth' : 'rowsPerStrip',
    );
  }
  // Some old writers leave the counts out of files that are not compressed.
  const counts =
    directory.all(tiled ? 'tileByteCounts' : 'stripByteCounts') ??
    (compression.maxRatio === 1 ? [] : fail(`a compressed TIFF must give the byte counts of its ${kind}s`));
  const segments: TiffSegment[] = [];
  for (let index = 0; index < needed; index++) {
    const place = index % (across * down);
    const y = Math.floor(place / across) * segmentHeight;
    const rows = tiled ? segmentHeight : Math.min(segmentHeight, height - y);
    const offset = offsets[index]!;
    const byteCount = counts[index] ?? rowBytes * rows;
    if (offset + byteCount > fileBytes) {
      fail(
        `the TIFF file is truncated: ${kind} ${index} is ${byteCount} bytes from byte ${offset} on, the file has ${fileBytes}`,
        tiled ? 'tileOffsets' : 'stripOffsets',
      );
    }
    if (byteCount * compression.maxRatio < rowBytes * rows) {
      fail(
        `TIFF ${kind} ${index} must hold ${rowBytes * rows} bytes of pixels, its ${byteCount} bytes cannot`,
        tiled ? 'tileByteCounts' : 'stripByteCounts',
      );
    }
    segments.push({
      offset,
      byteCount,
      x: (place % across) * segmentWidth,
      y,
      width: segmentWidth,
      height: rows,
      plane: planar ? Math.floor(index / (across * down)) : 0,
      rowBytes,
      bytes: rowBytes * rows,
    });
  }
  // Strips may share their bytes, as empty tiles do, but not so many that reading them is most of the work.
  const read = segments.reduce((sum, { byteCount }) => sum + byteCount, 0);
  const pixels = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  if (read > fileBytes && read > 2 * pixels + 1024 * needed) {
    fail(
      `the ${needed} ${kind}s of the TIFF share their bytes: ${read} in all for ${pixels} bytes of pixels, the file has ${fileBytes}`,
      tiled ? 'tileByteCounts' : 'stripByteCounts',
    );
  }
  return segments;
}

import { byteOfBit } from '../bytes/bits.ts';
import { FormatError } from '../format-error.ts';
import { normalTo, type Triple } from '../geometry.ts';
import { bytesPerVoxel, takeVoxels, type VoxelData, type VoxelType } from '../voxels.ts';
import { decodeFrame } from './codecs.ts';
import type { DicomDataset } from './dataset.ts';
import { applyPalette, compressedFrames, readPalette, spreadChroma, ybrToRgb } from './pixels.ts';

/** Where a plane of pixels lies, in LPS millimetres, and what its numbers mean. */
export interface FramePlace {
  /** Centre of the first pixel; undefined where the file does not say. */
  position: Triple | undefined;
  /** Unit vectors along a row and along a column. */
  orientation: readonly [Triple, Triple];
  /** Between columns, and between rows. */
  pixelSpacing: readonly [number, number];
  /** Between slices, as the file says; undefined where it does not. */
  sliceSpacing: number | undefined;
  slope: number;
  intercept: number;
}

/** One plane of pixels. */
export interface DicomFrame extends FramePlace {
  file: string | undefined;
  dataset: DicomDataset;
  /** Its place in its file, from 0, and how many there are. */
  index: number;
  count: number;
  /** The stored numbers, channels together; colours as RGB. */
  read(): Promise<VoxelData>;
}

/** What all frames of a file share. */
export interface DicomFile {
  rows: number;
  columns: number;
  channels: number;
  dtype: VoxelType;
  /** The least and the largest number that a pixel can have. */
  range: readonly [number, number];
  frames: DicomFrame[];
}

const elementOf = { integer: 0x7fe00010, float32: 0x7fe00008, float64: 0x7fe00009 };

/** Whether a data set is an image, if only one that lost its pixels: not a segmentation, a report or a directory. */
export function isDicomImage(dataset: DicomDataset): boolean {
  const marks = [...Object.values(elementOf), 0x00280010];
  return marks.some((tag) => dataset.element(tag) !== undefined) && dataset.text(0x00080060) !== 'SEG';
}

/** Reads what a DICOM image says of its pixels (PS3.3, C.7.6) and where each of its frames lies. */
export function readDicomFrames(dataset: DicomDataset, file: string | undefined, maxBytes: number): DicomFile {
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file });
  };
  if (dataset.text(0x00080060) === 'SEG') fail('the DICOM file is a segmentation and not an image');
  checkNoMosaic(dataset, fail);
  const { rows, columns, channels, photometric, colour } = readColours(dataset, fail);
  const { allocated, stored, highBit, isSigned, dtype, tag } = readBits(dataset, fail);
  const count = dataset.numbers(0x00280008)?.[0] ?? 1;
  if (!Number.isSafeInteger(count) || count < 1) fail(`a DICOM image must have 1 or more frames, got ${count}`);
  const pixels = dataset.element(tag) ?? fail('a DICOM image must have pixel data, got none');
  const { codec, littleEndian } = dataset.syntax;
  if (!codec && pixels.fragments)
    fail(`compressed DICOM pixels must have a transfer syntax that says how, ${dataset.syntax.name} does not`);
  const isHalved = photometric === 'YBR_FULL_422' && !codec; // two pixels share their chroma
  if (isHalved && (allocated !== 8 || columns % 2 !== 0))
    fail(`DICOM pixels that share their chroma must have 8 bits and even rows, got ${allocated} bits and ${columns}`);
  const samples = rows * columns * channels;
  const frameBits = isHalved ? rows * columns * 16 : samples * allocated;
  if (!codec && Math.ceil((frameBits * count) / 8) > pixels.length)
    fail(
      `the DICOM file is truncated: ${count} frames of ${columns}x${rows} need ${Math.ceil((frameBits * count) / 8)} bytes, it has ${pixels.length}`,
    );
  const compressed = codec ? compressedFrames(dataset, count, fail) : [];
  const palette = colour === 'palette' ? readPalette(dataset, isSigned, fail) : undefined;
  const isPlanar = channels === 3 && dataset.unsigned(0x00280006) === 1 && !isHalved && !codec;
  const shape = { rows, columns, channels, sampleBytes: bytesPerVoxel[dtype], isYbr: photometric !== 'RGB' };
  const isYbr = colour === 'ybr' && codec !== 'JPEG'; // which comes as RGB
  const isOddOrder = !littleEndian && allocated === 8 && pixels.form === 'OW';

  const readStored = async (k: number): Promise<VoxelData> => {
    if (codec) {
      const bytes = await decodeFrame(codec, compressed[k]!, shape, { maxBytes, file });
      return takeVoxels(bytes, dtype, true, file);
    }
    if (allocated === 1) return unpackBits(dataset.bytes, pixels.offset, k * samples, samples);
    const start = pixels.offset + (k * frameBits) / 8;
    let bytes = new Uint8Array(dataset.bytes.subarray(start, start + frameBits / 8));
    if (isOddOrder)
      bytes = Uint8Array.from(bytes, (_, i) => dataset.bytes[((start - pixels.offset + i) ^ 1) + pixels.offset] ?? 0);
    return takeVoxels(isHalved ? spreadChroma(bytes) : bytes, dtype, littleEndian, file);
  };
  const groups = functionalGroups(dataset);
  const placeOfFrame = count > 1 ? stackedPlaces(dataset) : (place: FramePlace) => place;
  const frames = Array.from({ length: count }, (_, k): DicomFrame => {
    const place = placeOfFrame(framePlace(dataset, groups(k), fail), k);
    return {
      file,
      dataset,
      index: k,
      count,
      ...place,
      ...(palette && { slope: 1, intercept: 0 }),
      async read() {
        let values = await readStored(k);
        if (allocated > 1 && tag === elementOf.integer) keepStoredBits(values, allocated, stored, highBit, isSigned);
        if (palette) return applyPalette(palette, values);
        // Where a rescale turns the numbers into measurements, white at 0 only concerns display.
        const isInverted = photometric === 'MONOCHROME1' && place.slope === 1 && place.intercept === 0;
        if (isInverted) invert(values, isSigned ? -1 : 2 ** stored - 1);
        if (isPlanar) values = togetherByPixel(values, rows * columns);
        if (isYbr) ybrToRgb(values);
        return values;
      },
    };
  });
  const size = { rows, columns, frames };
  if (palette) {
    const range = [0, 2 ** palette.bits - 1] as const;
    return { ...size, channels: 3, dtype: palette.bits === 8 ? 'uint8' : 'uint16', range };
  }
  const range = isSigned ? ([-(2 ** (stored - 1)), 2 ** (stored - 1) - 1] as const) : ([0, 2 ** stored - 1] as const);
  return { ...size, channels, dtype, range };
}

/** Siemens writes the slices of one volume side by side in one image, which would be read as one large slice. */
function checkNoMosaic(dataset: DicomDataset, fail: (rule: string) => never): void {
  const isNamed = (dataset.text(0x00080008) ?? '').split('\\').some((part) => part.trim() === 'MOSAIC');
  const isSiemens = dataset.text(0x00190010) === 'SIEMENS MR HEADER';
  const tiles = dataset.unsigned(0x0019100a) ?? 0;
  if (isNamed || (isSiemens && tiles > 1))
    fail(
      `a DICOM image must be one slice, got a Siemens mosaic of ${tiles > 0 ? tiles : 'several'} slices; convert it to NIfTI with dcm2niix`,
    );
}

type Colour = 'gray' | 'rgb' | 'ybr' | 'palette';

const colours: Record<string, { colour: Colour; channels: 1 | 3 }> = {
  MONOCHROME1: { colour: 'gray', channels: 1 },
  MONOCHROME2: { colour: 'gray', channels: 1 },
  'PALETTE COLOR': { colour: 'palette', channels: 1 },
  RGB: { colour: 'rgb', channels: 3 },
  YBR_FULL: { colour: 'ybr', channels: 3 },
  YBR_FULL_422: { colour: 'ybr', channels: 3 },
  // The transforms of JPEG 2000, which its decoder undoes.
  YBR_RCT: { colour: 'rgb', channels: 3 },
  YBR_ICT: { colour: 'rgb', channels: 3 },
};

function readColours(
  dataset: DicomDataset,
  fail: (rule: string) => never,
): { rows: number; columns: number; channels: number; photometric: string; colour: Colour } {
  const [rows, columns] = [dataset.unsigned(0x00280010) ?? 0, dataset.unsigned(0x00280011) ?? 0];
  if (rows < 1 || columns < 1) fail(`a DICOM image must have rows and columns, got ${rows} and ${columns}`);
  const channels = dataset.unsigned(0x00280002) ?? 1;
  const photometric = dataset.text(0x00280004) ?? 'none';
  const known = colours[photometric];
  if (known?.channels !== channels)
    return fail(
      `a DICOM image must be gray, RGB, YBR_FULL or PALETTE COLOR, got ${photometric.slice(0, 16)} with ${channels} channels`,
    );
  return { rows, columns, channels, photometric, colour: known.colour };
}

interface Bits {
  allocated: number;
  stored: number;
  highBit: number;
  isSigned: boolean;
  dtype: VoxelType;
  /** The element that holds the pixels. */
  tag: number;
}

function readBits(dataset: DicomDataset, fail: (rule: string) => never): Bits {
  const float = (['float32', 'float64'] as const).find((type) => dataset.element(elementOf[type]));
  const allocated = dataset.unsigned(0x00280100) ?? 0;
  if (float) {
    const bits = bytesPerVoxel[float] * 8;
    if (allocated !== bits) fail(`DICOM pixels of ${float} must have ${bits} bits, got ${allocated}`);
    return { allocated, stored: bits, highBit: bits - 1, isSigned: true, dtype: float, tag: elementOf[float] };
  }
  const stored = dataset.unsigned(0x00280101) ?? allocated;
  const highBit = dataset.unsigned(0x00280102) ?? stored - 1;
  if (![1, 8, 16, 32].includes(allocated) || stored < 1 || highBit >= allocated || highBit + 1 < stored)
    fail(`DICOM pixels must have 1, 8, 16 or 32 bits, got ${stored} of ${allocated} up to bit ${highBit}`);
  const isSigned = dataset.unsigned(0x00280103) === 1 && allocated > 1;
  const dtype = `${isSigned ? 'int' : 'uint'}${Math.max(8, allocated)}` as VoxelType;
  return { allocated, stored, highBit, isSigned, dtype, tag: elementOf.integer };
}

/** Bits are packed over the ends of frames, the first one lowest (PS3.5, 8.1.1). */
export function unpackBits(bytes: Uint8Array, offset: number, first: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0, at = first; i < count; i++, at++) out[i] = (bytes[offset + byteOfBit(at)]! >> (at & 7)) & 1;
  return out;
}

/**
 * Where the frames of a file without functional groups lie: a dose has offsets (PS3.3, C.8.8.3.2), a reconstruction a
 * spacing of slices; frames of others, such as films, lie nowhere.
 */
function stackedPlaces(dataset: DicomDataset): (place: FramePlace, frame: number) => FramePlace {
  if (dataset.items(0x52009230).length > 0) return (place) => place;
  const offsets = dataset.numbers(0x3004000c);
  return (place, frame) => {
    const { position, sliceSpacing } = place;
    const offset = offsets ? (offsets[frame] ?? Number.NaN) - (offsets[0] ?? 0) : frame * (sliceSpacing ?? Number.NaN);
    if (!position || !Number.isFinite(offset)) return { ...place, position: undefined };
    const [x, y, z] = normalTo(...place.orientation);
    return { ...place, position: [position[0] + x * offset, position[1] + y * offset, position[2] + z * offset] };
  };
}

/** The functional groups that tell of a frame: its own, then the shared ones. */
export function functionalGroups(dataset: DicomDataset): (frame: number) => DicomDataset[] {
  const shared = dataset.items(0x52009229)[0];
  const each = dataset.items(0x52009230);
  return (frame) => [each[frame], shared].filter((group) => group !== undefined);
}

/** Where a frame lies: in its functional groups (PS3.3, C.7.6.16), else in the data set itself. */
export function framePlace(
  dataset: DicomDataset,
  groups: readonly DicomDataset[],
  fail: (rule: string) => never,
): FramePlace {
  const find = (group: number, tag: number): number[] | undefined => {
    for (const source of groups) {
      const values = source.items(group)[0]?.numbers(tag);
      if (values) return values;
    }
    return dataset.numbers(tag);
  };
  const checked = (name: string, values: number[] | undefined, length: number): number[] | undefined => {
    if (values && (values.length < length || !values.every(Number.isFinite)))
      fail(`DICOM ${name} must be ${length} finite numbers, got ${values.join(', ').slice(0, 80)}`);
    return values;
  };
  const position = checked('image position', find(0x00209113, 0x00200032), 3);
  const [a, b, c, d, e, f] = checked('image orientation', find(0x00209116, 0x00200037), 6) ?? [1, 0, 0, 0, 1, 0];
  // The imager's spacing is all that a projection has.
  const spacing = checked('pixel spacing', find(0x00289110, 0x00280030) ?? dataset.numbers(0x00181164), 2) ?? [1, 1];
  // Not the slice thickness, which is how thick, and not how far apart, slices are.
  const sliceSpacing = Math.abs(find(0x00289110, 0x00180088)?.[0] ?? 0) || undefined;
  const slope = checked('rescale slope', find(0x00289145, 0x00281053), 1)?.[0] ?? 1;
  const intercept = checked('rescale intercept', find(0x00289145, 0x00281052), 1)?.[0] ?? 0;
  return {
    position: position && [position[0]!, position[1]!, position[2]!],
    orientation: [
      [a!, b!, c!],
      [d!, e!, f!],
    ],
    pixelSpacing: [spacing[1]!, spacing[0]!], // the file names the one between rows first
    sliceSpacing,
    slope,
    intercept,
  };
}

/** Clears bits that are not the pixel's, such as overlays, and extends the sign. */
function keepStoredBits(
  values: VoxelData,
  allocated: number,
  stored: number,
  highBit: number,
  isSigned: boolean,
): void {
  if (stored === allocated) return;
  const left = 31 - highBit;
  const right = 32 - stored;
  for (let i = 0; i < values.length; i++) {
    const raised = values[i]! << left;
    values[i] = isSigned ? raised >> right : raised >>> right;
  }
}

/** Turns the least number into the largest and back; `sum` is the sum of the two. */
function invert(values: VoxelData, sum: number): void {
  for (let i = 0; i < values.length; i++) values[i] = sum - values[i]!;
}

function togetherByPixel(values: VoxelData, pixels: number): VoxelData {
  const out = values.slice();
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) out[i * 3 + c] = values[c * pixels + i]!;
  return out;
}

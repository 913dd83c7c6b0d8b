import { type DicomDataset, readDicomDataset } from './dicom-dataset.ts';
import { FormatError } from './format-error.ts';
import type { Triple } from './geometry.ts';
import { bytesPerVoxel, takeVoxels, type VoxelData, type VoxelType } from './voxels.ts';

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
  /** The stored numbers, channels together. */
  read(): VoxelData;
}

/** What all frames of a file share. */
export interface DicomFile {
  series: string | undefined;
  rows: number;
  columns: number;
  channels: number;
  dtype: VoxelType;
  frames: DicomFrame[];
}

/** Whether a DICOM file holds segments and not an image. */
export function isDicomSegmentation(bytes: Uint8Array, file?: string): boolean {
  return readDicomDataset(bytes, file).text(0x00080060) === 'SEG';
}

/** Reads what a DICOM image says of its pixels (PS3.3, C.7.6) and where each of its frames lies. */
export function readDicomFrames(bytes: Uint8Array, file?: string): DicomFile {
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file });
  };
  const dataset = readDicomDataset(bytes, file);
  if (dataset.text(0x00080060) === 'SEG') fail('the DICOM file is a segmentation and not an image');
  const [rows, columns] = [dataset.unsigned(0x00280010) ?? 0, dataset.unsigned(0x00280011) ?? 0];
  const channels = dataset.unsigned(0x00280002) ?? 1;
  const photometric = dataset.text(0x00280004);
  if (rows < 1 || columns < 1) fail(`a DICOM image must have rows and columns, got ${rows} and ${columns}`);
  const isColour = photometric === 'RGB' && channels === 3;
  if (!isColour && !(channels === 1 && /^MONOCHROME[12]$/.test(photometric ?? '')))
    fail(`a DICOM image must be MONOCHROME1, MONOCHROME2 or RGB, got ${photometric} with ${channels} channels`);
  const allocated = dataset.unsigned(0x00280100) ?? 0;
  const stored = dataset.unsigned(0x00280101) ?? allocated;
  const highBit = dataset.unsigned(0x00280102) ?? stored - 1;
  if (![8, 16, 32].includes(allocated) || stored < 1 || highBit >= allocated || highBit + 1 < stored)
    fail(`DICOM pixels must have 8, 16 or 32 bits, got ${stored} of ${allocated} up to bit ${highBit}`);
  const isSigned = dataset.unsigned(0x00280103) === 1;
  const dtype = `${isSigned ? 'int' : 'uint'}${allocated}` as VoxelType;
  const count = dataset.numbers(0x00280008)?.[0] ?? 1;
  if (!Number.isSafeInteger(count) || count < 1) fail(`a DICOM image must have 1 or more frames, got ${count}`);
  const pixels = dataset.element(0x7fe00010) ?? fail('a DICOM image must have pixel data, got none');
  const frameBytes = rows * columns * channels * bytesPerVoxel[dtype];
  if (frameBytes * count > pixels.length)
    fail(
      `the DICOM file is truncated: ${count} frames of ${columns}x${rows} need ${frameBytes * count} bytes, it has ${pixels.length}`,
    );

  const isPlanar = isColour && dataset.unsigned(0x00280006) === 1;
  const groups = functionalGroups(dataset);
  const frames = Array.from({ length: count }, (_, k): DicomFrame => {
    const place = framePlace(dataset, groups(k), fail);
    return {
      file,
      ...place,
      read() {
        const start = pixels.offset + k * frameBytes;
        const values = takeVoxels(new Uint8Array(bytes.subarray(start, start + frameBytes)), dtype, true, file);
        keepStoredBits(values, allocated, stored, highBit, isSigned);
        // Where a rescale makes measurements of the numbers, white at 0 is a matter of display alone.
        const isInverted = photometric === 'MONOCHROME1' && place.slope === 1 && place.intercept === 0;
        if (isInverted) invert(values, isSigned ? -1 : 2 ** stored - 1);
        return isPlanar ? togetherByPixel(values, rows * columns) : values;
      },
    };
  });
  return { series: dataset.text(0x0020000e), rows, columns, channels, dtype, frames };
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

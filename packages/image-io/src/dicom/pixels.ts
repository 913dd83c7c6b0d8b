import type { FormatError } from '../format-error.ts';
import type { DicomDataset } from './dataset.ts';

/** Throws a `FormatError` with the rule that is broken. */
export type Fail = (rule: string, cause?: FormatError) => never;

/**
 * The bytes of each compressed frame. A frame may be in several pieces (PS3.5, A.4): the table of offsets tells where
 * frames begin, else a piece that starts as an image does.
 */
export function compressedFrames(dataset: DicomDataset, count: number, fail: Fail): Uint8Array[] {
  const { bytes } = dataset;
  const pixels = dataset.element(0x7fe00010);
  const [table, ...pieces] = pixels?.fragments ?? fail('compressed DICOM pixels must be in pieces, got one value');
  if (!table || pieces.length < count)
    return fail(`a DICOM file of ${count} frames must have as many pieces of pixels, got ${pieces.length}`);
  const starts = frameStarts(dataset, table, pieces, count) ?? fail(`the frames of a DICOM file must be ${count}`);
  return starts.map((start, k) => {
    const own = pieces.slice(start, starts[k + 1] ?? pieces.length);
    if (own.length === 1) return bytes.subarray(own[0]!.offset, own[0]!.offset + own[0]!.length);
    const joined = new Uint8Array(own.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of own) {
      joined.set(bytes.subarray(piece.offset, piece.offset + piece.length), at);
      at += piece.length;
    }
    return joined;
  });
}

type Piece = { offset: number; length: number };

/** The number of the piece with which each frame begins. */
function frameStarts(dataset: DicomDataset, table: Piece, pieces: Piece[], count: number): number[] | undefined {
  if (count === 1) return [0];
  if (pieces.length === count) return pieces.map((_, k) => k);
  const { bytes } = dataset;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extended = dataset.element(0x7fe00001);
  let offsets: number[] = [];
  if (table.length === 4 * count)
    offsets = Array.from({ length: count }, (_, k) => view.getUint32(table.offset + 4 * k, true));
  else if (extended?.length === 8 * count)
    offsets = Array.from({ length: count }, (_, k) => Number(view.getBigUint64(extended.offset + 8 * k, true)));
  if (offsets.length === count) {
    // Offsets count from the first piece's own head.
    const places = new Map(pieces.map((piece, k) => [piece.offset - pieces[0]!.offset, k]));
    const starts = offsets.map((offset) => places.get(offset));
    const isSound = starts.every((start, k) => start !== undefined && (k === 0 ? start === 0 : start > starts[k - 1]!));
    return isSound ? (starts as number[]) : undefined;
  }
  const isStart = ({ offset, length }: Piece): boolean =>
    length > 1 && bytes[offset] === 0xff && (bytes[offset + 1] === 0xd8 || bytes[offset + 1] === 0x4f);
  const starts = pieces.flatMap((piece, k) => (isStart(piece) ? [k] : []));
  return starts.length === count && starts[0] === 0 ? starts : undefined;
}

/** Turns luma and chroma of 8 bits into RGB in place (PS3.3, C.7.6.3.1.2, YBR_FULL). */
export function ybrToRgb(values: { [index: number]: number; length: number }): void {
  const clamp = (value: number): number => Math.min(255, Math.max(0, Math.floor(value + 0.5)));
  for (let i = 0; i + 2 < values.length; i += 3) {
    const luma = values[i]!;
    const blue = values[i + 1]! - 128;
    const red = values[i + 2]! - 128;
    values[i] = clamp(luma + 1.402 * red);
    values[i + 1] = clamp(luma - ((0.114 * 1.772) / 0.587) * blue - ((0.299 * 1.402) / 0.587) * red);
    values[i + 2] = clamp(luma + 1.772 * blue);
  }
}

/** Spreads the two lumas, blue and red that two pixels share over both (YBR_FULL_422). */
export function spreadChroma(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.length / 4) * 6);
  for (let from = 0, to = 0; from + 3 < bytes.length; from += 4, to += 6) {
    const [first, second, blue, red] = [bytes[from]!, bytes[from + 1]!, bytes[from + 2]!, bytes[from + 3]!];
    out.set([first, blue, red, second, blue, red], to);
  }
  return out;
}

/** A table of colours, 8 or 16 bits each. */
export interface DicomPalette {
  /** The stored number of the first colour. */
  first: number;
  bits: 8 | 16;
  /** Red, green and blue. */
  tables: Uint16Array[];
}

/** Reads the three tables of PALETTE COLOR (PS3.3, C.7.6.3.1.5 and .6). */
export function readPalette(dataset: DicomDataset, isSigned: boolean, fail: Fail): DicomPalette {
  const { bytes, syntax } = dataset;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dataset.element(0x00281221)) fail('segmented DICOM palettes are not read');
  let first = 0;
  let bits: 8 | 16 = 16;
  const tables = [1, 2, 3].map((colour) => {
    const descriptor = dataset.element(0x00281100 + colour);
    const data = dataset.element(0x00281200 + colour);
    if (!descriptor || descriptor.length < 6 || !data) return fail('a DICOM palette must have three tables of colours');
    const count = view.getUint16(descriptor.offset, syntax.littleEndian) || 65536;
    first = isSigned
      ? view.getInt16(descriptor.offset + 2, syntax.littleEndian)
      : view.getUint16(descriptor.offset + 2, syntax.littleEndian);
    const declared = view.getUint16(descriptor.offset + 4, syntax.littleEndian);
    if (declared !== 8 && declared !== 16) return fail(`a DICOM palette must have 8 or 16 bits, got ${declared}`);
    bits = declared;
    // Some files keep 8 bits in one byte each, as the standard has it, some in words.
    const isBytes = declared === 8 && data.length < 2 * count;
    if (data.length < (isBytes ? count : 2 * count))
      return fail(`a DICOM palette of ${count} colours needs more than ${data.length} bytes`);
    return Uint16Array.from({ length: count }, (_, i) =>
      isBytes ? bytes[data.offset + i]! : view.getUint16(data.offset + 2 * i, syntax.littleEndian),
    );
  });
  return { first, bits, tables };
}

/** The colours of stored numbers; numbers beyond the ends of the table have the colour of its end. */
export function applyPalette(
  { first, bits, tables }: DicomPalette,
  values: { [index: number]: number; length: number },
): Uint8Array | Uint16Array {
  const out = new (bits === 8 ? Uint8Array : Uint16Array)(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const index = Math.min(Math.max(values[i]! - first, 0), tables[0]!.length - 1);
    for (let c = 0; c < 3; c++) out[3 * i + c] = tables[c]![index]!;
  }
  return out;
}

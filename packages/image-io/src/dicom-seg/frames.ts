import { decodeFrame } from '../dicom/codecs.ts';
import type { DicomDataset } from '../dicom/dataset.ts';
import { type FramePlace, framePlace, functionalGroups, unpackBits } from '../dicom/frames.ts';
import { compressedFrames } from '../dicom/pixels.ts';
import { FormatError } from '../format-error.ts';

/** One segment as a DICOM SEG names it. */
export interface Segment {
  /** Its number in the label volume. */
  number: number;
  /** Its name. */
  label: string;
}

/** One frame of a DICOM SEG. */
export interface SegmentFrame {
  place: FramePlace;
  /** The segment that it shows; undefined in a LABELMAP, whose values are the numbers of segments. */
  segment: number | undefined;
  /** Its place in a stack, from 1, where the file says. */
  stackPosition: number | undefined;
  /** The image that it was made of, and the frame of that, from 1, where the file says. */
  source: { instance: string; frame: number | undefined } | undefined;
  /** 0 or 1, 0 to 1, or numbers of segments. */
  read(): Promise<Uint8Array | Uint16Array | Float32Array>;
}

export interface SegmentFrames {
  kind: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  rows: number;
  columns: number;
  perFrame: number;
  segments: Segment[];
  frames: SegmentFrame[];
  /** The images that the file refers to, in its order. */
  instances: string[];
}

/** Bits per pixel allowed in each kind of segmentation. */
const bitsOf: Record<SegmentFrames['kind'], number[]> = { BINARY: [1], FRACTIONAL: [8], LABELMAP: [8, 16] };

/** Reads what a DICOM SEG says of its segments and frames (PS3.3, C.8.20.2). */
export function readSegmentFrames(dataset: DicomDataset, file: string | undefined, maxBytes: number): SegmentFrames {
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file });
  };
  const kind = dataset.text(0x00620001) as SegmentFrames['kind'] | undefined;
  if (kind === undefined || !Object.hasOwn(bitsOf, kind))
    return fail(`a DICOM segmentation must be BINARY, FRACTIONAL or LABELMAP, got ${kind}`);
  const bits = dataset.unsigned(0x00280100) ?? 0;
  if (!bitsOf[kind].includes(bits))
    fail(`a ${kind} segmentation must have ${bitsOf[kind].join(' or ')} bits, got ${bits}`);
  const [rows, columns] = [dataset.unsigned(0x00280010) ?? 0, dataset.unsigned(0x00280011) ?? 0];
  const count = dataset.numbers(0x00280008)?.[0] ?? 0;
  if (rows < 1 || columns < 1 || !Number.isSafeInteger(count) || count < 1)
    fail(`a DICOM segmentation must have rows, columns and frames, got ${rows}, ${columns} and ${count}`);
  const perFrame = rows * columns;
  const pixels = dataset.element(0x7fe00010) ?? fail('a DICOM segmentation must have pixel data, got none');
  const { codec, littleEndian } = dataset.syntax;
  if (!codec && pixels.fragments)
    fail(`compressed DICOM pixels must have a transfer syntax that says how, ${dataset.syntax.name} does not`);
  const needed = Math.ceil((perFrame * count * bits) / 8);
  if (!codec && needed > pixels.length)
    fail(
      `the DICOM file is truncated: ${count} frames of ${columns}x${rows} need ${needed} bytes, it has ${pixels.length}`,
    );
  const compressed = codec ? compressedFrames(dataset, count, fail) : [];

  const segments = dataset.items(0x00620002).map((item) => ({
    number: item.unsigned(0x00620004) ?? fail('a DICOM segment must have a number, got none'),
    label: item.words(0x00620005) ?? '',
  }));
  if (segments.length === 0) fail('a DICOM segmentation must have segments, got none');
  const most = dataset.unsigned(0x0062000e) ?? 255;
  if (most < 1) fail(`the largest fractional value must be 1 or more, got ${most}`);
  const groups = functionalGroups(dataset);
  const readStored = async (k: number): Promise<Uint8Array | Uint16Array> => {
    if (codec) {
      // Compressed frames have one byte per bit.
      const shape = { rows, columns, channels: 1, sampleBytes: Math.ceil(bits / 8), isYbr: false };
      const bytes = await decodeFrame(codec, compressed[k]!, shape, { maxBytes, file });
      return bits === 16 ? new Uint16Array(bytes.buffer, bytes.byteOffset, perFrame) : bytes;
    }
    const { bytes } = dataset;
    if (bits === 1) return unpackBits(bytes, pixels.offset, k * perFrame, perFrame);
    const start = pixels.offset + (k * perFrame * bits) / 8;
    if (bits === 8) return bytes.subarray(start, start + perFrame);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Uint16Array.from({ length: perFrame }, (_, i) => view.getUint16(start + 2 * i, littleEndian));
  };
  const frames = Array.from({ length: count }, (_, k): SegmentFrame => {
    const own = groups(k);
    return {
      place: framePlace(dataset, own, fail),
      segment: kind === 'LABELMAP' ? undefined : segmentOf(own, segments, fail),
      stackPosition: firstOf(own, (group) => group.items(0x00209111)[0]?.unsigned(0x00209057)),
      source: firstOf(own, sourceOf),
      async read() {
        const stored = await readStored(k);
        return kind === 'FRACTIONAL' ? Float32Array.from(stored, (value) => value / most) : stored;
      },
    };
  });
  // The background of a LABELMAP may be named as well.
  const named = segments.filter(({ number }) => number !== 0);
  const referenced = dataset.items(0x00081115)[0]?.items(0x0008114a) ?? [];
  const instances = referenced.map((image) => image.text(0x00081155) ?? '');
  return { kind, rows, columns, perFrame, segments: named, frames, instances };
}

function firstOf<T>(groups: readonly DicomDataset[], find: (group: DicomDataset) => T | undefined): T | undefined {
  for (const group of groups) {
    const found = find(group);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The source image of a frame, as its derivation says. */
function sourceOf(group: DicomDataset): SegmentFrame['source'] {
  const image = group.items(0x00089124)[0]?.items(0x00082112)[0];
  const instance = image?.text(0x00081155);
  return instance ? { instance, frame: image!.numbers(0x00081160)?.[0] } : undefined;
}

function segmentOf(groups: readonly DicomDataset[], segments: Segment[], fail: (rule: string) => never): number {
  const number = groups.map((group) => group.items(0x0062000a)[0]?.unsigned(0x0062000b)).find((n) => n !== undefined);
  const segment = segments.find((each) => each.number === number);
  return segment ? segment.number : fail(`a DICOM frame must name one of the segments, got ${number}`);
}

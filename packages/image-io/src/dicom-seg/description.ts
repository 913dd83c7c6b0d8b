import { requireList } from '@medseg/arguments';
import type { DicomEntry } from '../dicom/writer.ts';

/** A concept of a coding scheme, such as SNOMED CT (PS3.3, 8). */
export interface CodedConcept {
  /** The code. */
  value: string;
  /** `SCT`, `DCM`, … */
  scheme: string;
  /** The code in words. */
  meaning: string;
}

/** What is said of a segment that is written. */
export interface SegmentDescription {
  /** Its number in a label volume; 1, 2, … without a gap unless the file is a LABELMAP. */
  number: number;
  /** Its name, of at most 64 characters. */
  label: string;
  /** More about it in words. Default none. */
  description?: string;
  /** What kind of thing it is; tissue unless given (PS3.16, CID 7150). */
  category?: CodedConcept;
  /** What it is; tissue unless given (PS3.16, CID 7151 and others). */
  type?: CodedConcept;
  /** What tells it from others of its type, such as the side of one of a pair (PS3.16, CID 244). Default none. */
  modifier?: CodedConcept;
  /** Who drew it; AUTOMATIC unless given. */
  algorithmType?: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
  /** Name of the program or model that drew it; medseg unless given. */
  algorithmName?: string;
  /** Red, green and blue, 0 to 255, in which viewers may show it. Default: left to the viewer. */
  color?: readonly [number, number, number];
}

const segmentNumber = 0x00620004;

const tissue: CodedConcept = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };

/** The entries of a code sequence's one item. */
export function codeItem({ value, scheme, meaning }: CodedConcept): DicomEntry[] {
  return [
    [0x00080100, 'SH', value],
    [0x00080102, 'SH', scheme],
    [0x00080104, 'LO', meaning],
  ];
}

/** The item that a LABELMAP has for what is no segment, number 0 (PS3.3, C.8.20.2.3). */
export function backgroundItem(like: SegmentDescription): DicomEntry[] {
  const background = { value: '125040', scheme: 'DCM', meaning: 'Background' };
  const named = { label: 'Background', category: background, type: background };
  const item = segmentItem({ ...like, ...named, number: 1 });
  return item.map((entry) => (entry[0] === segmentNumber ? [segmentNumber, 'US', [0]] : entry));
}

/**
 * Checks that a DICOM SEG has room for what is said of segments: that they are numbered 1, 2, … (LABELMAP: each
 * differently), that labels, names and meanings have 64 characters at most, codes 16 and descriptions 1024, and that all
 * are read again as they are written. `encodeDicomSegmentation` does it too; call it before a long computation.
 *
 * Throws RangeError that names the segment, the rule and the value.
 *
 * @example checkSegments([{ number: 1, label: 'Liver' }])
 */
export function checkSegments(
  segments: readonly SegmentDescription[],
  type: 'BINARY' | 'FRACTIONAL' | 'LABELMAP' = 'BINARY',
): void {
  requireList('checkSegments: segments', segments);
  if (segments.length === 0) throw new RangeError('segments must be named, got none');
  const numbers = segments.map(({ number }) => number);
  const isSound =
    type === 'LABELMAP' ? new Set(numbers).size === numbers.length : numbers.every((number, i) => number === i + 1);
  if (!isSound)
    throw new RangeError(
      `segments must be numbered ${type === 'LABELMAP' ? 'each differently' : '1, 2, …; a LABELMAP may have others'}, got ${numbers.join(', ')}`,
    );
  for (const { number, label, description, algorithmName, category, type: kind, modifier } of segments) {
    if (!Number.isInteger(number) || number < 1 || number > 65535)
      throw new RangeError(`segment: its number must be 1 to 65535, got ${number}`);
    const check = (name: string, text: string | undefined, most: number): void => {
      if (text !== undefined) checkText(`segment ${number}: its ${name}`, text, most);
    };
    if (label === '') throw new RangeError(`segment ${number}: its label must have 1 to 64 characters, got none`);
    check('label', label, 64);
    check('algorithm name', algorithmName, 64);
    for (const code of [category, kind, modifier]) {
      check('code', code?.value, 16);
      check('coding scheme', code?.scheme, 16);
      check('meaning', code?.meaning, 64);
    }
    // A description may have several lines.
    if (description !== undefined && [...description].length > 1024)
      throw new RangeError(
        `segment ${number}: its description must have 1024 characters at most, got ${[...description].length}`,
      );
  }
}

/** Throws RangeError for text that DICOM has no room for, or that would not be read as it was written (PS3.5, 6.2). */
export function checkText(name: string, text: string, most: number): void {
  const count = [...text].length;
  if (count > most)
    throw new RangeError(`${name} must have ${most} characters at most, got ${count}: "${text.slice(0, 80)}"`);
  if (/[\\\p{Cc}\p{Cs}]/u.test(text))
    throw new RangeError(`${name} must have no \\ and no control characters, got ${JSON.stringify(text)}`);
  if (/^ | $/.test(text)) throw new RangeError(`${name} must not begin or end with a space, got "${text}"`);
}

/** The item of the segment sequence (PS3.3, C.8.20.4). */
export function segmentItem(segment: SegmentDescription): DicomEntry[] {
  const { number, label, description, category = tissue, type = tissue, modifier } = segment;
  const { algorithmType = 'AUTOMATIC' } = segment;
  const entries: DicomEntry[] = [
    [segmentNumber, 'US', [number]],
    [0x00620005, 'LO', label],
    [0x00620008, 'CS', algorithmType],
    [0x00620003, 'SQ', [codeItem(category)]],
    [0x0062000f, 'SQ', [modifier ? [...codeItem(type), [0x00620011, 'SQ', [codeItem(modifier)]]] : codeItem(type)]],
  ];
  if (description !== undefined) entries.push([0x00620006, 'ST', description]);
  if (algorithmType !== 'MANUAL') entries.push([0x00620009, 'LO', segment.algorithmName ?? 'medseg']);
  if (segment.color) entries.push([0x0062000d, 'US', cielab(segment.color)]);
  return entries;
}

/** A colour of sRGB as CIELab with white D50, each part as 0 to 65535 (PS3.3, C.10.7.1.1; ICC.1, annex A). */
function cielab(color: readonly [number, number, number]): number[] {
  const [r, g, b] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  // sRGB to XYZ, adapted to D50 (Bradford).
  const x = f((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.96422);
  const y = f(0.2225045 * r + 0.7168786 * g + 0.0606169 * b);
  const z = f((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.82521);
  const clamp = (value: number): number => Math.min(65535, Math.max(0, Math.round(value)));
  return [
    clamp(((116 * y - 16) / 100) * 65535),
    clamp(((500 * (x - y) + 128) / 255) * 65535),
    clamp(((200 * (y - z) + 128) / 255) * 65535),
  ];
}

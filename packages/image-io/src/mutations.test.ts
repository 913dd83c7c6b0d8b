import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.ts';
import { decodeVolume } from './decode-volume.ts';
import { type Element, elements, image, withMark } from './dicom/elements.fixture.ts';
import {
  dicomColour,
  dicomFractions,
  dicomMultiFrame,
  dicomProjection,
  dicomSegments,
  dicomSeries,
} from './dicom/files.fixture.ts';
import { hasMark } from './dicom/recognise.ts';
import { dicomSyntaxes } from './dicom/syntaxes.fixture.ts';
import { encodeDicomSegmentation } from './dicom-seg/encode.ts';
import { bytesOf, foreignFiles } from './files/foreign-files.fixture.ts';
import { foreignVolumes } from './files/foreign-volumes.fixture.ts';
import { fromBase64, smallBmps, smallJpegs } from './files/small-files.fixture.ts';
import { FormatError } from './format-error.ts';
import { flickinger, gif } from './gif/builder.fixture.ts';
import { createImage } from './image.ts';
import { encodeNifti } from './nifti/encode.ts';
import { encodeNrrd } from './nrrd/encode.ts';
import { chunk, header, png, repairSums } from './png/builder.fixture.ts';
import { encodePng } from './png/encode.ts';
import { sniffFormat } from './sniff.ts';
import { encodeTiff } from './tiff/encode.ts';
import { halfTiff, tiffStacks } from './tiff/stacks.fixture.ts';
import { createVolume } from './volume.ts';

/** Broken files of each format; `npm run mutate` sets 200,000. Fewer where a codec in WebAssembly takes its time. */
const wanted = process.env.MEDSEG_MUTATIONS;
const runsOf = (format: string): number => Number(wanted ?? (/JPEG( 2000)?$/.test(format) ? 300 : 3000));
const secondsEach = 5;
const mebibytes = 512;

const pattern = createImage({
  width: 9,
  height: 7,
  channels: 3,
  data: new Uint8Array(189).map((_, i) => (i * i) % 256),
});
const volume = createVolume({ size: [3, 4, 2], channels: 2, data: new Int16Array(48).map((_, i) => i * i - 99) });
/** Orientation 6. */
const exif = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
interface File {
  bytes: Uint8Array;
  voxels?: Uint8Array;
  /** How the pixels of a DICOM file are written, where that has a decoder of its own. */
  kind?: string;
}
const files: File[] = [
  encodePng(pattern),
  png(header(4, 1, 8, 3), [0, 0, 1, 2, 1], [chunk('PLTE', [0, 0, 0, 9, 9, 9, 200, 0, 0]), chunk('eXIf', exif)]),
  encodeTiff(pattern),
  flickinger,
  gif([...pattern.data], {
    width: 27,
    palette: Array.from({ length: 256 }, (_, k) => [k, 0, 255 - k]),
    transparent: 9,
  }),
  ...foreignFiles.map(bytesOf),
  ...[...smallBmps, ...smallJpegs].map(({ base64 }) => fromBase64(base64)),
  ...[...dicomSeries, dicomMultiFrame, dicomColour, dicomProjection, dicomSegments, dicomFractions].map(fromBase64),
  elements(image()),
  elements(image(), { isExplicit: false }),
  elements(image(), { littleEndian: false }),
  withMark(image(), '1.2.840.10008.1.2.1', { isExplicit: false }),
  withMark(image([0x00191010, '??', 'abcd'], [0x00191011, '\0\0', 'ef'])),
  fromBase64(halfTiff),
  ...tiffStacks.map(({ base64 }) => fromBase64(base64)),
  encodeNifti(volume),
  encodeNifti(volume, { version: 2, gzip: true }),
  encodeNrrd(volume),
  encodeNrrd(volume, { gzip: false }),
  new TextEncoder().encode(
    'NRRD0004\ntype: short\ndimension: 1\nsizes: 4\nendian: big\nencoding: hex\n\n0001 0203\n04050607\n',
  ),
].map((bytes) => ({ bytes }));
for (const { base64, voxels } of foreignVolumes)
  files.push({ bytes: fromBase64(base64), ...(voxels && { voxels: fromBase64(voxels) }) });

for (const { base64, name } of dicomSyntaxes) {
  const rest = fromBase64(base64);
  const bytes = new Uint8Array(128 + rest.length);
  bytes.set(rest, 128);
  const codec = /^(RLE|JPEG Lossless|JPEG-LS|JPEG 2000|JPEG|Deflated)/.exec(name)?.[0];
  files.push({ bytes, ...(codec && { kind: `DICOM ${codec}` }) });
}

// Segmentations without positions, of one image and of a film of four.
for (const film of [[], Array.from({ length: 24 }, (_, i) => i)]) {
  const tags = [0x00200032, 0x00200037, 0x00200052];
  const frames: Element[] =
    film.length > 0
      ? [
          [0x00280008, 'IS', '4'],
          [0x7fe00010, 'OW', film],
        ]
      : [];
  const source = [{ bytes: withMark(image(...frames).filter(([tag]) => !tags.includes(tag))) }];
  const data = new Uint8Array(film.length || 6).fill(1, 2, 5);
  files.push({
    bytes: encodeDicomSegmentation(createVolume({ size: [3, 2, data.length / 6], data }), {
      source,
      segments: [{ number: 1, label: 'Nodule' }],
      random: () => 0.5,
    }),
  });
}

/** Whole numbers below `n`, the same in every run. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >>> 8) % n;
  };
}

/** First byte that says something; DICOM files start with 128 free ones. */
const startOf = (bytes: Uint8Array): number => (hasMark(bytes) ? 128 : 0);

/** Cuts, overwrites, and for headers of text puts digits and signs where digits were. */
function mutate(file: Uint8Array, random: (n: number) => number): Uint8Array {
  const bytes = file.slice(0, random(10) === 0 ? random(file.length) : file.length);
  const start = Math.min(startOf(file), bytes.length);
  const reach = random(2) === 0 ? bytes.length - start : Math.min(bytes.length - start, 400); // headers, where it hurts
  for (let k = 1 + random(4); k > 0 && reach > 0; k--) {
    const at = start + random(reach);
    const isDigit = bytes[at]! >= 0x30 && bytes[at]! <= 0x39;
    if (isDigit && random(2) === 0) bytes[at] = '0123456789-. e'.charCodeAt(random(14));
    else bytes[at] = random(3) === 0 ? [0, 1, 127, 255][random(4)]! : random(256);
  }
  if (random(2) === 0) repairSums(bytes);
  return bytes;
}

const images = ['PNG', 'TIFF', 'JPEG', 'BMP', 'GIF'];
const formats = [
  ...images,
  'NIfTI',
  'NRRD',
  'MetaImage',
  'DICOM',
  'DICOM Deflated',
  'DICOM RLE',
  'DICOM JPEG Lossless',
  'DICOM JPEG-LS',
  'DICOM JPEG',
  'DICOM JPEG 2000',
].filter((format) => (process.env.MEDSEG_MUTATE_FORMATS?.split(',') ?? [format]).includes(format));
const formatOf = ({ bytes, kind }: File): string | undefined =>
  kind ?? (bytes[0] === 0x1f && bytes[1] === 0x8b ? 'NIfTI' : sniffFormat(bytes));

describe('broken files', () => {
  it.each(formats)(
    'broken files of %s end in FormatError alone, soon and in little memory',
    { timeout: 0 },
    async (format) => {
      const runs = runsOf(format);
      const some = files.filter((file) => formatOf(file) === format);
      expect(some.length).toBeGreaterThan(0);
      const random = generator(12345 + format.length);
      let refused = 0;
      let slowest = 0;
      let most = 0;
      for (let run = 0; run < runs; run++) {
        const { bytes, voxels } = some[run % some.length]!;
        const broken = mutate(bytes, random);
        const start = performance.now();
        try {
          // Every second time a TIFF file is read as the stack that some are.
          const decoded =
            images.includes(format) && !(format === 'TIFF' && run % 2 === 1)
              ? await decodeImage(broken, 'mutated')
              : await decodeVolume(broken, 'mutated', voxels ? { voxels } : {});
          expect(decoded.data.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          expect(error.message.startsWith('mutated: ')).toBe(true);
          refused++;
        }
        slowest = Math.max(slowest, performance.now() - start);
        if (run % 16 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
      }
      if (wanted)
        process.stderr.write(
          `${format}: ${runs} broken files, ${refused} refused, slowest ${slowest.toFixed(0)} ms, most ${(most / 2 ** 20).toFixed(0)} MiB\n`,
        );
      expect(refused).toBeGreaterThan(runs / 20);
      expect(slowest / 1000).toBeLessThan(secondsEach);
      expect(most / 2 ** 20).toBeLessThan(mebibytes);
    },
  );
});

import {
  type Case,
  classCount,
  cutMask,
  isVolume,
  type NormalizationMode,
  normalizeIntensity,
  type Place,
  prepareScan,
  sliceGrid,
} from '@medseg/datasets';
import { readCase } from '@medseg/datasets/node';
import { drawMask, type Rgb } from '../report/pictures.ts';

/** Colours of the classes, in order; they repeat. */
export const CLASS_COLOURS: readonly Rgb[] = [
  [60, 200, 255],
  [255, 214, 10],
  [255, 99, 132],
  [88, 214, 141],
  [187, 134, 252],
  [255, 159, 64],
  [64, 224, 208],
  [240, 98, 246],
];

/** A picture of a case with its masks drawn in. */
export interface Tile {
  height: number;
  width: number;
  rgb: Uint8Array;
}

/**
 * Draws a case, `side` pixels on its longer side and in the proportions that it has in millimetres; of a volume the
 * axial slice with the most foreground. The mask is the first annotator's.
 */
export async function drawTile(c: Case, { side, mode }: { side: number; mode: NormalizationMode }): Promise<Tile> {
  const { scan, masks } = await readCase(c);
  const grid = sliceGrid(scan);
  const [rowLength, columnLength] = grid.spacing ?? [1, 1];
  const [tall, wide] = [grid.height * rowLength, grid.width * columnLength];
  const scale = side / Math.max(tall, wide);
  const [height, width] = [Math.max(1, Math.round(tall * scale)), Math.max(1, Math.round(wide * scale))];
  const place: Place = { slice: isVolume(scan) ? fullestSlice(c, grid) : 0 };
  const { data, channels } = prepareScan(scan, { imageSize: [height, width], normalization: 'none' }).at(place);
  let rgb = toRgb(data, channels, mode);
  const classes = classCount(c.classes);
  const mask = masks[0]
    ? cutMask({ bits: masks[0].bits }, grid, place, {
        classes,
        exclusive: c.classes?.exclusive ?? true,
        imageSize: [height, width],
        maskResize: 'nearest',
      })
    : new Float32Array(height * width * classes);
  for (let k = 0; k < classes; k++) {
    const own = Uint8Array.from({ length: height * width }, (_, i) => mask[i * classes + k]!);
    rgb = drawMask(rgb, own, { height, width }, CLASS_COLOURS[k % CLASS_COLOURS.length]!);
  }
  return { height, width, rgb };
}

/** The slice of a volume with the most foreground, or the middle one. */
function fullestSlice({ facts }: Case, { sliceAxis, count }: ReturnType<typeof sliceGrid>): number {
  const counts = sliceAxis && facts?.foregroundAlong?.[sliceAxis.axis];
  const most = counts ? Math.max(...counts) : 0;
  if (!counts || most === 0) return Math.floor(count / 2);
  const index = counts.indexOf(most);
  return sliceAxis.reversed ? count - 1 - index : index;
}

/** Intensities as grey or colour: three channels are colours, of others one is shown, of four (BraTS) the last. */
function toRgb(data: Float32Array, channels: number, mode: NormalizationMode): Uint8Array {
  const values = normalizeIntensity(data, channels, { mode: mode === 'none' ? 'mri' : mode });
  const shown = channels === 3 ? [0, 1, 2] : [channels === 4 ? 3 : 0];
  const ranges = shown.map((c) => (mode === 'photo' ? [0, 1] : mode === 'ct' ? [-1, 1] : rangeOf(values, channels, c)));
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < rgb.length / 3; i++) {
    for (let c = 0; c < 3; c++) {
      const s = shown.length === 3 ? c : 0;
      const [low, high] = ranges[s]! as [number, number];
      const level = (values[i * channels + shown[s]!]! - low) / Math.max(high - low, 1e-12);
      rgb[i * 3 + c] = Math.round(255 * Math.min(1, Math.max(0, level)));
    }
  }
  return rgb;
}

function rangeOf(values: Float32Array, channels: number, channel: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = channel; i < values.length; i += channels) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return [low, high];
}

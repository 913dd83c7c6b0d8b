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
import { classColour, drawChannels, drawMask, type Picture } from '@medseg/report';

/** The values that are black and white after a normalisation; where there are none, the lowest and the highest. */
const RANGES: Partial<Record<NormalizationMode, readonly [number, number]>> = { photo: [0, 1], ct: [-1, 1] };

/**
 * Draws a case, `side` pixels on its longer side and in the proportions that it has in millimetres; of a volume the
 * axial slice with the most foreground. The mask is the first annotator's.
 */
export async function drawTile(c: Case, { side, mode }: { side: number; mode: NormalizationMode }): Promise<Picture> {
  const { scan, masks } = await readCase(c);
  const grid = sliceGrid(scan);
  const [rowLength, columnLength] = grid.spacing ?? [1, 1];
  const [tall, wide] = [grid.height * rowLength, grid.width * columnLength];
  const scale = side / Math.max(tall, wide);
  const [height, width] = [Math.max(1, Math.round(tall * scale)), Math.max(1, Math.round(wide * scale))];
  const place: Place = { slice: isVolume(scan) ? fullestSlice(c, grid) : 0 };
  const { data, channels } = prepareScan(scan, { imageSize: [height, width], normalization: 'none' }).at(place);
  const values = normalizeIntensity(data, channels, { mode: mode === 'none' ? 'mri' : mode });
  let picture = drawChannels({ height, width, channels, data: values }, RANGES[mode]);
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
    picture = drawMask(picture, own, classColour(k));
  }
  return picture;
}

/** The slice of a volume with the most foreground, or the middle one. */
function fullestSlice({ facts }: Case, { sliceAxis, count }: ReturnType<typeof sliceGrid>): number {
  const counts = sliceAxis && facts?.foregroundAlong?.[sliceAxis.axis];
  const most = counts ? Math.max(...counts) : 0;
  if (!counts || most === 0) return Math.floor(count / 2);
  const index = counts.indexOf(most);
  return sliceAxis.reversed ? count - 1 - index : index;
}

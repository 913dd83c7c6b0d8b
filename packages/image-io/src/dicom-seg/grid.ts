import type { FramePlace } from '../dicom/frames.ts';
import { alongNormal, placeTolerance } from '../dicom/spacing.ts';
import { flipWorld, geometryOf, normalTo, type Triple } from '../geometry.ts';
import type { Volume } from '../volume.ts';

/** More slices than a grid has; what a broken position asks for is not allocated. */
export const mostSlices = 4096;

/** The even grid on which all frames lie, some slices perhaps without a frame. */
export function gridOf(
  places: readonly FramePlace[],
  fail: (rule: string) => never,
): {
  slices: number;
  geometry: Pick<Volume, 'spacing' | 'origin' | 'direction'>;
  sliceOf: (place: FramePlace) => number;
} {
  const { orientation, pixelSpacing, sliceSpacing } = places[0]!;
  const alongIt = alongNormal(orientation);
  const along = ({ position }: FramePlace): number =>
    alongIt(position ?? fail('a DICOM frame must have a position, got none'));
  for (const place of places) {
    if (place.orientation.flat().some((v, i) => !(Math.abs(v - orientation.flat()[i]!) < 1e-3)))
      fail('DICOM frames of a segmentation must have the same orientation');
  }
  const sorted = places.map(along).sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((value, k) => value - sorted[k]!);
  const spacing = sliceSpacing ?? stepOf(gaps);
  const first = sorted[0]!;
  const slices = Math.round((sorted.at(-1)! - first) / spacing) + 1;
  if (!(slices >= 1 && slices <= mostSlices)) fail(`a segmentation may span ${mostSlices} slices, got ${slices}`);
  const sliceOf = (place: FramePlace): number => {
    const exact = (along(place) - first) / spacing;
    const slice = Math.round(exact);
    if (!(Math.abs(exact - slice) * spacing <= placeTolerance(spacing)))
      fail(`DICOM frames must lie on a grid of ${spacing} mm, got one at ${(exact * spacing).toFixed(3)} mm`);
    return slice;
  };
  const scaled = (vector: Triple, length: number): Triple => [
    vector[0] * length,
    vector[1] * length,
    vector[2] * length,
  ];
  const lowest = places.find((place) => along(place) === first)!.position!;
  const highest = places.find((place) => along(place) === sorted.at(-1)!)!.position!;
  // Slices may lean, as behind a tilted gantry: the way from the first to the last one tells, and not the normal.
  const count = slices - 1;
  const step3: Triple =
    count > 0
      ? [(highest[0] - lowest[0]) / count, (highest[1] - lowest[1]) / count, (highest[2] - lowest[2]) / count]
      : scaled(normalTo(...orientation), spacing);
  const geometry = geometryOf(
    [scaled(orientation[0], pixelSpacing[0]), scaled(orientation[1], pixelSpacing[1]), step3],
    lowest,
  );
  return {
    slices,
    sliceOf,
    geometry: flipWorld(geometry ?? fail('DICOM spacing, orientation and position must span space')),
  };
}

/** The step of slices of which some may be missing: the mean of the gaps that are about as small as the least one. */
function stepOf(gaps: readonly number[]): number {
  const apart = gaps.filter((gap) => gap > 1e-3);
  if (apart.length === 0) return 1;
  const least = apart.reduce((a, b) => Math.min(a, b));
  const single = apart.filter((gap) => gap < 1.5 * least);
  return single.reduce((sum, gap) => sum + gap, 0) / single.length;
}

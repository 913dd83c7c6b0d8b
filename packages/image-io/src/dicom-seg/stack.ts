import { flipWorld, geometryOf, normalTo, type Triple } from '../geometry.ts';
import type { Volume } from '../volume.ts';
import type { SegmentFrame, SegmentFrames } from './frames.ts';
import { mostSlices } from './grid.ts';

/**
 * The slices of frames that have no positions, such as those of a projection or an ultrasound: by their places in the
 * stack, else by the images that they were made of. They lie where `decodeDicomSeries` lays images without positions.
 */
export function stackOf(
  { frames, instances }: Pick<SegmentFrames, 'frames' | 'instances'>,
  fail: (rule: string) => never,
): { slices: number[]; count: number; geometry: Pick<Volume, 'spacing' | 'origin' | 'direction'> } {
  const slices = placesInStack(frames) ?? placesOfSources(frames, instances) ?? placesOfSegments(frames);
  if (!slices)
    return fail('DICOM frames of a segmentation must have positions, places in a stack or source images, got none');
  const count = slices.reduce((most, slice) => Math.max(most, slice + 1), 0);
  const isSound = slices.every((slice) => Number.isSafeInteger(slice) && slice >= 0) && count <= mostSlices;
  if (!isSound) fail(`a segmentation may span ${mostSlices} slices, got ${count}`);
  const { orientation, pixelSpacing, sliceSpacing } = frames[0]!.place;
  const scaled = ([x, y, z]: Triple, length: number): Triple => [x * length, y * length, z * length];
  const geometry = geometryOf(
    [
      scaled(orientation[0], pixelSpacing[0]),
      scaled(orientation[1], pixelSpacing[1]),
      scaled(normalTo(...orientation), sliceSpacing ?? 1),
    ],
    [0, 0, 0],
  );
  return { slices, count, geometry: flipWorld(geometry ?? fail('DICOM spacing and orientation must span space')) };
}

function placesInStack(frames: readonly SegmentFrame[]): number[] | undefined {
  return frames.every(({ stackPosition }) => stackPosition !== undefined)
    ? frames.map(({ stackPosition }) => stackPosition! - 1)
    : undefined;
}

/** By the source's frame where there is one file of many, else by its place among the images referred to. */
function placesOfSources(frames: readonly SegmentFrame[], instances: readonly string[]): number[] | undefined {
  if (!frames.every(({ source }) => source)) return undefined;
  const used = new Set(frames.map(({ source }) => source!.instance));
  if (used.size === 1 && frames.some(({ source }) => source!.frame !== undefined))
    return frames.every(({ source }) => source!.frame !== undefined)
      ? frames.map(({ source }) => source!.frame! - 1)
      : undefined;
  const places = new Map<string, number>();
  for (const instance of [...instances, ...used]) if (!places.has(instance)) places.set(instance, places.size);
  return frames.map(({ source }) => places.get(source!.instance)!);
}

/** One slice, where no segment has two frames. */
function placesOfSegments(frames: readonly SegmentFrame[]): number[] | undefined {
  return new Set(frames.map(({ segment }) => segment)).size === frames.length ? frames.map(() => 0) : undefined;
}

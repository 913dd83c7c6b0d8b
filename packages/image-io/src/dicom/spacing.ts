import { FormatError } from '../format-error.ts';
import { normalTo, type Triple } from '../geometry.ts';
import type { DicomFrame } from './frames.ts';

/**
 * So far may a slice lie from its even place, in millimetres: what rounding a position to a tenth makes and a twentieth
 * of the step, but never so much that a missing slice would pass.
 */
export function placeTolerance(step: number): number {
  return Math.min(0.1 + 0.05 * step, 0.4 * step);
}

/** The median, the lower one of two, so that one gap too many does not count. */
function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!;
}

/** How far along the normal of the slices a position lies. */
export function alongNormal([across, down]: readonly [Triple, Triple]): (position: Triple) => number {
  const normal = normalTo(across, down);
  return (position) => position[0] * normal[0] + position[1] * normal[1] + position[2] * normal[2];
}

/**
 * Sorts frames along their normal.
 *
 * Throws FormatError where two lie at one place, where one is missing and where they lie unevenly; it names both frames
 * and where they lie.
 */
export function sortByPlace(frames: readonly DicomFrame[]): DicomFrame[] {
  const along = alongNormal(frames[0]!.orientation);
  const placed = frames.map((frame) => ({ frame, at: along(frame.position!) })).sort((a, b) => a.at - b.at);
  const [first, last] = [placed[0]!, placed.at(-1)!];
  const mean = (last.at - first.at) / (placed.length - 1);
  const fail = (k: number, rule: string): never => {
    throw new FormatError(rule, { file: placed[k]!.frame.file });
  };
  const gaps = placed.slice(1).map(({ at }, k) => at - placed[k]!.at);
  const copy = gaps.findIndex((gap) => !(gap > 0.01 * mean));
  if (copy >= 0)
    fail(
      copy + 1,
      `DICOM slices must lie one at a place, got ${describe(placed[copy + 1]!.frame)} there where ${describe(placed[copy]!.frame)} lies`,
    );
  const step = lowerMedian(gaps);
  const odd = gaps.findIndex((gap) => Math.abs(gap - step) > placeTolerance(step));
  if (odd >= 0) {
    const missing = Math.round(gaps[odd]! / step) - 1;
    const count = missing === 1 ? '1 slice is missing' : `${missing} slices are missing`;
    fail(
      odd + 1,
      `DICOM slices must lie evenly, got a step of ${round(gaps[odd]!)} mm where the median is ${round(step)}, from ${describe(placed[odd]!.frame)} to ${describe(placed[odd + 1]!.frame)}${missing > 0 ? `; ${count}` : ''}`,
    );
  }
  const astray = placed.findIndex(({ at }, k) => Math.abs(at - first.at - k * mean) > placeTolerance(mean));
  if (astray >= 0)
    fail(
      astray,
      `DICOM slices must lie evenly, got ${describe(placed[astray]!.frame)}, ${round(placed[astray]!.at - first.at)} mm behind the first one instead of ${round(astray * mean)}`,
    );
  return placed.map(({ frame }) => frame);
}

/** A frame by its file, its number there and its place. */
function describe({ file, index, count, position }: DicomFrame): string {
  const name = [file, count > 1 || file === undefined ? `frame ${index + 1}` : ''].filter(Boolean).join(' ');
  return `${name} at (${position!.map(round).join(', ')})`;
}

const round = (value: number): string => `${Math.round(value * 1000) / 1000 + 0}`;

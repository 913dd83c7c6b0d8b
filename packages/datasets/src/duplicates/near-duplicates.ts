import { likenessOf } from './alignment.ts';
import { candidatePairs } from './candidates.ts';
import { type Details, detailsOf } from './details.ts';
import { spectraOf } from './spectrum.ts';
import { DisjointSets } from './union.ts';

/** A thumbnail and the case that it belongs to. */
export interface OwnedThumbnail {
  patient: string;
  /** From `thumbnailOf`; undefined for an image without anything in it. */
  thumbnail: Float32Array | undefined;
}

/** Images that are nearly the same, though not of one patient. */
export interface NearDuplicates {
  /** Their numbers in the list, in order. */
  images: number[];
  /** Whether two of them are copies, which at most re-encoding tells apart. */
  hasCopies: boolean;
}

/** Least correlation of the thumbnails of near-duplicates, and of their details. */
const LEAST = { gray: 0.99, band: 0.96 };
/** And of copies. */
const COPY = { gray: 0.9995, band: 0.997 };

/**
 * Finds images of different patients that are nearly the same: copies, also re-encoded, brighter, flipped, turned by right
 * angles or moved by up to a tenth of their side. Their thumbnails correlate by more than .99, and so do nearly their
 * details, which tells copies from heads of different patients.
 */
export function nearDuplicates(images: readonly OwnedThumbnail[]): NearDuplicates[] {
  const kept: { index: number; details: Details }[] = [];
  for (const [index, { thumbnail }] of images.entries()) {
    const details = thumbnail && detailsOf(thumbnail);
    if (details) kept.push({ index, details });
  }
  const patientOf = (i: number): string => images[kept[i]!.index]!.patient;
  const sets = new DisjointSets(kept.length);
  const isSettled = (i: number, j: number): boolean => sets.find(i) === sets.find(j);
  const copies: number[] = [];
  const pairs = candidatePairs(
    kept.map(({ details }) => spectraOf(details.band)),
    { relevant: (i, j) => patientOf(i) !== patientOf(j) && !isSettled(i, j), isSettled },
  );
  for (const [i, j] of pairs) {
    const { gray, band } = likenessOf(kept[i]!.details, kept[j]!.details);
    if (gray < LEAST.gray || band < LEAST.band) continue;
    sets.join(i, j);
    if (gray >= COPY.gray && band >= COPY.band) copies.push(i);
  }
  const withCopies = new Set(copies.map((i) => sets.find(i)));
  return sets.sets().map((members) => ({
    images: members.map((i) => kept[i]!.index),
    hasCopies: withCopies.has(members[0]!),
  }));
}

import { WordHash } from '../bytes/word-hash.ts';
import type { DicomFrame } from '../dicom/frames.ts';
import { uidOf } from '../dicom/series.ts';
import { createUid, uidOfName } from '../dicom/uid.ts';
import type { SegmentDescription } from './description.ts';
import type { PackedSegments } from './pixels.ts';

/** What a UID of a DICOM SEG names. */
type NewUid = 'instance' | 'series' | 'dimension' | 'frame of reference';

/**
 * The UIDs of a new DICOM SEG: of random numbers, else derived from its source and from all that it shows. The frame of
 * reference, which only a source without one needs, is that of the source alone, whoever segments it.
 */
export function newUids(
  sources: readonly DicomFrame[],
  { frames, pixels }: PackedSegments,
  {
    random,
    madeBy = '',
    segments,
    type,
  }: {
    random?: () => number;
    madeBy?: string;
    segments: readonly SegmentDescription[];
    type: string;
  },
): (what: NewUid) => string {
  if (random) return () => createUid(random);
  const instances = [...new Set(sources.map(({ dataset }) => uidOf(dataset, 0x00080018)))];
  const voxels = new WordHash();
  voxels.addBytes(pixels);
  const all = [instances, madeBy, type, segments, frames, voxels.hex()];
  return (what) => uidOfName(JSON.stringify(what === 'frame of reference' ? [what, instances] : [what, ...all]));
}

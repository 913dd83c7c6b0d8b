import type { SegmentConcept } from './dicom-seg/anatomy.ts';

/** A value of a label volume: its name, and how viewers may show it. */
export interface LabelDescription {
  /** The value. */
  value: number;
  /** Its name. */
  name: string;
  /** Red, green and blue, 0 to 255. */
  color: readonly [number, number, number];
  /** What it is, in codes; tissue unless given. */
  concept?: SegmentConcept;
}

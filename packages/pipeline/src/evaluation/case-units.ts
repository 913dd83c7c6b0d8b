import { requireList } from '@medseg/arguments';
import type { Case } from '@medseg/datasets';
import type { LengthUnit } from '@medseg/metrics';

/** Height and width of an image's pixel in millimetres. */
export type Spacing = readonly [height: number, width: number];

/** Unit of lengths: millimetres where the spacing of every case is known. */
export function unitOf(cases: readonly Case[], spacing: Spacing | undefined): LengthUnit {
  requireList('unitOf: cases', cases);
  return spacing || spacingsKnown(cases) ? 'mm' : 'px';
}

/** Unit of areas or volumes: that of pixels or voxels whose spacing is known, from the files or as given for images. */
export function sizeUnitOf(cases: readonly Case[], spacing?: Spacing): 'px' | 'mm²' | 'mm³' {
  requireList('sizeUnitOf: cases', cases);
  if (!spacing && !spacingsKnown(cases)) return 'px';
  return nounOf(cases) === 'volumes' ? 'mm³' : 'mm²';
}

/** What cases are called: images or volumes. */
export function nounOf(cases: readonly Case[]): 'images' | 'volumes' {
  requireList('nounOf: cases', cases);
  return cases.every(({ facts }) => facts && facts.size.length === 3 && facts.size[2] > 1) ? 'volumes' : 'images';
}

function spacingsKnown(cases: readonly Case[]): boolean {
  return cases.every(({ facts }) => facts?.spacing);
}

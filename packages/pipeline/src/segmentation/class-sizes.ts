import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import { isVolume, labelValues, type Scan } from '@medseg/datasets';
import type { Classes } from '../run/classes.ts';
import { labelMapOf } from './describe-labels.ts';
import { type MaskSource, scanLabels, scanMasks } from './scan-masks.ts';
import type { ScanSegmentation } from './segment-scans.ts';

/** How much of a scan is of a class. */
export interface ClassSize {
  /** Name of the class. */
  readonly name: string;
  /** Pixels of an image, voxels of a volume. */
  readonly voxels: number;
  /** Undefined for images and for a single slice, whose thickness is not known. */
  readonly ml: number | undefined;
}

const classSizesOptionNames: OptionNames<NonNullable<Parameters<typeof classSizes>[3]>> = { asSegments: true };

/**
 * The size of each class in the mask of a segmentation, as `imageResults` and `volumeResults` write it: of regions that
 * overlap, each with all that is part of it.
 *
 * @example
 * const scan = await decodeScan(image.bytes, image.name);
 * const segmentation = await segmentScan(network, { id: 'a', scan }, ensembleOf(run, {}));
 * for (const { name, ml } of classSizes(run.info.classes, scan, segmentation)) console.log(name, ml)
 */
export function classSizes(
  classes: Classes,
  scan: Scan,
  segmentation: Pick<ScanSegmentation, 'probability' | 'classes' | 'masks'>,
  options: {
    /** Whether the mask has a segment per class, as a DICOM SEG has; else it has labels. Default false. */
    asSegments?: boolean;
  } = {},
): ClassSize[] {
  requireObject('classSizes: classes', classes, ['names', 'exclusive']);
  requireObject('classSizes: scan', scan, ['channels', 'data']);
  requireObject('classSizes: segmentation', segmentation, ['classes', 'probability']);
  requireOptions('classSizes', options, classSizesOptionNames);
  const { asSegments = false } = options;
  const voxels = asSegments ? segmentSizes(segmentation) : labelSizes(classes, segmentation);
  const each = voxelMl(scan);
  return voxels.map((n, k) => ({
    name: classes.names[k] ?? `class ${k + 1}`,
    voxels: n,
    ml: each === undefined ? undefined : n * each,
  }));
}

function segmentSizes(segmentation: MaskSource): number[] {
  return scanMasks(segmentation).map((mask) => mask.reduce((sum, value) => sum + value, 0));
}

function labelSizes(classes: Classes, segmentation: MaskSource): number[] {
  const { classes: count } = segmentation;
  const map = labelMapOf(classes, count);
  const channelsOf = new Map(labelValues(map).map(({ value, channels }) => [value, channels]));
  const byValue = new Map<number, number>();
  for (const value of scanLabels(segmentation, classes)) byValue.set(value, (byValue.get(value) ?? 0) + 1);
  const sizes = new Array<number>(count).fill(0);
  for (const [value, n] of byValue) for (const k of channelsOf.get(value) ?? []) sizes[k]! += n;
  return sizes;
}

/** Millilitres of a voxel; its axes need not stand on one another. */
function voxelMl(scan: Scan): number | undefined {
  if (!isVolume(scan) || scan.size[2] === 1) return undefined;
  const [a, b, c, d, e, f, g, h, i] = scan.direction;
  const volume = Math.abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g));
  return (volume * scan.spacing[0] * scan.spacing[1] * scan.spacing[2]) / 1000;
}

import { requireObject } from '@medseg/arguments';
import type { NormalizationMode, Plane, ScanFacts } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import { compareIntensities } from './compare-intensities.ts';
import type { Preparation } from './preparation.ts';
import { type ScanFinding, short } from './scan-finding.ts';
import { type BodyGrid, bodyGrid, type Range, type TrainingData } from './training-data.ts';

/** Times that a value may be outside of the range of training before it is remarked on, and before it is refused. */
interface Band {
  readonly remark: number;
  readonly refuse: number;
}

const SPACING: Band = { remark: 1.5, refuse: 3 };
/** Slices are resized as a whole: what is larger on the outside is smaller within. */
const EXTENT_IN_PLANE: Band = { remark: 1.25, refuse: 1.5 };
const EXTENT_ACROSS: Band = { remark: 1.5, refuse: Number.POSITIVE_INFINITY };
/** The size of a pixel of an image is not known. */
const IMAGE_SIZE: Band = { remark: 2, refuse: Number.POSITIVE_INFINITY };

const PLANES: Partial<Record<Plane, number>> = { sagittal: 0, coronal: 1, axial: 2 };
const FILE_AXES: Partial<Record<Plane, number>> = { i: 0, j: 1, k: 2 };

/**
 * Compares a scan with those that a run was trained on: whether it is empty, its modality, the kind of its intensities,
 * its spacing, its extent. Without `training`, which runs of earlier versions and imported ones lack, only an empty volume
 * is found.
 *
 * @example
 * const facts = measureScan(await readScan('ct.nii.gz'));
 * const findings = compareScan(facts, run.trainingData, run.info.preparation)
 */
export function compareScan(
  facts: ScanFacts,
  training: TrainingData | undefined,
  preparation: Preparation,
): ScanFinding[] {
  requireObject('compareScan: facts', facts, ['size', 'channels', 'dtype', 'minimum']);
  requireObject('compareScan: preparation', preparation, ['imageSize']);
  const grid = bodyGrid(facts);
  const findings: ScanFinding[] = [];
  if (facts.minimum === facts.maximum)
    return [{ isRefused: grid !== undefined, text: 'the scan is empty', detail: `each value is ${facts.minimum}` }];
  const mode = modeOf(preparation);
  findings.push(...compareModality(facts, training, mode));
  if (!training) return findings;
  if (facts.channels === training.intensities.length) findings.push(...compareIntensities(facts, training, mode));
  if (!grid) findings.push(...compareImage(facts, training));
  else findings.push(...compareVolume(grid, training, preparation));
  return findings;
}

function modeOf({ normalization = 'mri' }: Preparation): NormalizationMode {
  return typeof normalization === 'string' ? normalization : normalization.mode;
}

function compareModality(
  { modality }: ScanFacts,
  training: TrainingData | undefined,
  mode: NormalizationMode,
): ScanFinding[] {
  const known = training?.modalities.length ? training.modalities : mode === 'ct' ? ['CT'] : [];
  if (modality === undefined || known.length === 0 || known.includes(modality)) return [];
  return [
    { isRefused: true, text: 'the scan is of another modality', detail: `${modality}, trained on ${known.join(', ')}` },
  ];
}

function compareImage({ size }: ScanFacts, { images, volumes }: TrainingData): ScanFinding[] {
  if (!images)
    return [
      {
        isRefused: false,
        text: 'the scan is an image',
        detail: `trained on ${plural(volumes?.count ?? 0, 'volumes')}`,
      },
    ];
  const ranges = images.size;
  return compareAxes(
    'the size of the image is far from the training data',
    IMAGE_SIZE,
    'pixels',
    [size[0], size[1]],
    ranges,
  );
}

function compareVolume(
  { size, spacing, axes }: BodyGrid,
  { images, volumes }: TrainingData,
  { view = {} }: Preparation,
): ScanFinding[] {
  if (!volumes)
    return [
      { isRefused: false, text: 'the scan is a volume', detail: `trained on ${plural(images?.count ?? 0, 'images')}` },
    ];
  const plane = view.plane ?? 'axial';
  const across = PLANES[plane] ?? axes[FILE_AXES[plane] ?? 2]!;
  // The thickness of a single slice is not known.
  const several = [0, 1, 2].filter((axis) => size[axis]! > 1);
  const pick = <T>(values: readonly T[], kept: readonly number[]): T[] => kept.map((axis) => values[axis]!);
  const extent = size.map((voxels, axis) => voxels * spacing[axis]!);
  const inPlane = several.filter((axis) => axis !== across);
  const findings = compareAxes(
    'the spacing is far from the training data',
    SPACING,
    'mm',
    pick(spacing, several),
    pick(volumes.spacing, several),
  );
  const text = 'the extent is far from the training data';
  // Patches are cut at the resolution of the file, however far it reaches.
  if (!view.patches)
    findings.push(...compareAxes(text, EXTENT_IN_PLANE, 'mm', pick(extent, inPlane), pick(volumes.extent, inPlane)));
  if (several.includes(across))
    findings.push(
      ...compareAxes(
        'the extent across slices is far from the training data',
        EXTENT_ACROSS,
        'mm',
        [extent[across]!],
        [volumes.extent[across]!],
      ),
    );
  return findings;
}

/** One finding about the values along some axes, by the one that is farthest outside. */
function compareAxes(
  text: string,
  { remark, refuse }: Band,
  unit: string,
  values: readonly number[],
  ranges: readonly Range[],
): ScanFinding[] {
  const factors = values.map((value, axis) => timesOutside(value, ranges[axis]!));
  const worst = Math.max(1, ...factors);
  // A hair more than rounding makes of it.
  if (worst < remark * (1 - 1e-6)) return [];
  const trained = ranges.map(([low, high]) => (low === high ? short(low) : `${short(low)}–${short(high)}`));
  const detail = `${values.map(short).join(' x ')} ${unit}, trained on ${trained.join(' x ')}`;
  return [{ isRefused: worst >= refuse * (1 - 1e-6), text, detail }];
}

/** How many times a value is larger than the largest of a range, or smaller than the least; 1 inside. */
function timesOutside(value: number, [low, high]: Range): number {
  return Math.max(1, value / high, low / value);
}

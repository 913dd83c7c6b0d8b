import { requireList } from '@medseg/arguments';
import type { Case, ScanFacts } from '@medseg/datasets';
import { z } from 'zod';

const range = z.tuple([z.number(), z.number()]);

/** What the scans that a run was trained on are like: the least and the largest of each quantity. */
export const trainingDataSchema = z.object({
  /** Width and height in pixels. */
  images: z.object({ count: z.int().positive(), size: z.tuple([range, range]) }).optional(),
  /** Along the axes of the body: to the right, to the front, to the head. Voxels, and millimetres. */
  volumes: z
    .object({
      count: z.int().positive(),
      size: z.tuple([range, range, range]),
      spacing: z.tuple([range, range, range]),
      extent: z.tuple([range, range, range]),
    })
    .optional(),
  /** The 0.5 and 99.5 percentile of the intensities of each channel other than 0, before normalisation. */
  intensities: z.array(z.object({ low: range, high: range })),
  /** Types of the samples in the files. */
  types: z.array(z.string()),
  /** What DICOM files name. */
  modalities: z.array(z.string()),
  /** What tells copies of the scans, whatever their names; absent from runs of earlier versions. */
  fingerprints: z.array(z.string()).optional(),
});

/** What the scans that a run was trained on are like: the least and the largest of sizes, spacings and intensities. */
export type TrainingData = z.output<typeof trainingDataSchema>;
export type Range = z.output<typeof range>;

/**
 * The ranges of the scans that a run is trained on, from the facts that `checkCases` found; undefined where a case has
 * none.
 *
 * @example const ranges = trainingDataOf(acceptCases(await checkCases(await listFolder('data'))))
 */
export function trainingDataOf(cases: readonly Pick<Case, 'facts'>[]): TrainingData | undefined {
  requireList('trainingDataOf: cases', cases);
  const facts = cases.map((c) => c.facts).filter((each) => each !== undefined);
  const percentiles = facts.map((each) => each.percentiles).filter((each) => each !== undefined);
  if (percentiles.length === 0 || percentiles.length < cases.length) return undefined;
  const images = facts.filter(({ spacing }) => !spacing);
  const grids = facts.map(bodyGrid).filter((grid) => grid !== undefined);
  const triple = (of: (axis: number) => number[]): [Range, Range, Range] => [
    rangeOf(of(0)),
    rangeOf(of(1)),
    rangeOf(of(2)),
  ];
  return {
    ...(images.length > 0 && {
      images: {
        count: images.length,
        size: [rangeOf(images.map(({ size }) => size[0])), rangeOf(images.map(({ size }) => size[1]))],
      },
    }),
    ...(grids.length > 0 && {
      volumes: {
        count: grids.length,
        size: triple((axis) => grids.map(({ size }) => size[axis]!)),
        spacing: triple((axis) => grids.map(({ spacing }) => spacing[axis]!)),
        extent: triple((axis) => grids.map(({ size, spacing }) => size[axis]! * spacing[axis]!)),
      },
    }),
    intensities: percentiles[0]!.map((_, c) => ({
      low: rangeOf(percentiles.map((channels) => channels[c]![0])),
      high: rangeOf(percentiles.map((channels) => channels[c]![1])),
    })),
    types: [...new Set(facts.map(({ dtype }) => dtype))].sort(),
    modalities: [...new Set(facts.flatMap(({ modality }) => modality ?? []))].sort(),
    fingerprints: [...new Set(facts.flatMap(({ fingerprint }) => fingerprint ?? []))].sort(),
  };
}

/**
 * Those of some cases that are copies of scans that a run was trained on, whatever they and their patients are called:
 * their size and intensities are the same.
 *
 * @example copiesOfTraining([], undefined) // []
 */
export function copiesOfTraining<T extends Pick<Case, 'facts'>>(
  cases: readonly T[],
  training: TrainingData | undefined,
): T[] {
  requireList('copiesOfTraining: cases', cases);
  const known = new Set(training?.fingerprints);
  return cases.filter(({ facts }) => facts?.fingerprint !== undefined && known.has(facts.fingerprint));
}

/** The grid of a volume along the axes of the body. */
export interface BodyGrid {
  readonly size: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  /** The axis of the body, 0 to 2, that each axis of the file runs along most. */
  readonly axes: readonly [number, number, number];
}

/** The grid of a volume along the axes of the body, whatever the order of its axes; undefined for an image. */
export function bodyGrid({ size, spacing, direction }: ScanFacts): BodyGrid | undefined {
  if (size.length !== 3 || !spacing || !direction) return undefined;
  const axes = bodyAxes(direction);
  const along = (values: readonly [number, number, number]): [number, number, number] => {
    const out: [number, number, number] = [0, 0, 0];
    for (const [file, body] of axes.entries()) out[body as 0] = values[file as 0];
    return out;
  };
  return { size: along(size), spacing: along(spacing), axes };
}

/** Pairs the axes of the file with those of the body, the surest pair first. */
function bodyAxes(direction: readonly number[]): [number, number, number] {
  const axes: [number, number, number] = [-1, -1, -1];
  const pairs = Array.from({ length: 9 }, (_, i) => ({ body: Math.floor(i / 3), file: i % 3 }));
  pairs.sort((a, b) => Math.abs(direction[b.body * 3 + b.file]!) - Math.abs(direction[a.body * 3 + a.file]!));
  for (const { body, file } of pairs) if (axes[file] === -1 && !axes.includes(body)) axes[file] = body;
  return axes;
}

function rangeOf(values: readonly number[]): Range {
  return values.reduce<Range>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

import type { Segmentation, SegmentOptions } from '@medseg/inference';

/** A place as it was drawn. */
export interface DrawnPlace extends Segmentation {
  /** The probabilities as predicted after each step, the mean over the members; absent unless asked for. */
  readonly emerging?: readonly Float32Array[];
}

/** Keeps the masks that a network predicts at each step of sampling, as mean probabilities of each image's members. */
export interface EmergingMaps {
  readonly onStep: NonNullable<SegmentOptions['onStep']>;
  /** The maps of an image, one per step. */
  of(image: number): Float32Array[];
}

/** Of `images`, each with `members` samples in a row; masks are between `outside` and `inside`. */
export function emergingMaps(
  images: number,
  members: number,
  [outside, inside]: readonly [number, number],
): EmergingMaps {
  const steps: Float32Array[][] = [];
  return {
    onStep: ({ x0 }) => {
      const values = x0.dataSync<'float32'>();
      const length = values.length / (images * members);
      steps.push(
        Array.from({ length: images }, (_, image) => {
          const mean = new Float32Array(length);
          for (let m = 0; m < members; m++) {
            const from = (image * members + m) * length;
            for (let i = 0; i < length; i++) {
              mean[i]! += Math.min(1, Math.max(0, (values[from + i]! - outside) / (inside - outside))) / members;
            }
          }
          return mean;
        }),
      );
    },
    of: (image) => steps.map((maps) => maps[image]!),
  };
}

/** The maps of an ensemble whose members were drawn in parts. */
export function joinEmerging(parts: readonly DrawnPlace[]): Float32Array[] | undefined {
  const [first] = parts;
  if (first?.emerging === undefined) return undefined;
  const total = parts.reduce((sum, { members }) => sum + members!.length, 0);
  return first.emerging.map((_, step) => {
    const mean = new Float32Array(first.emerging![step]!.length);
    for (const { members, emerging } of parts) {
      const weight = members!.length / total;
      for (let i = 0; i < mean.length; i++) mean[i]! += weight * emerging![step]![i]!;
    }
    return mean;
  });
}

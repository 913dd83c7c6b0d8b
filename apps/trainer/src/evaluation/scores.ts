import {
  averageSymmetricSurfaceDistance,
  confusion,
  dice,
  hausdorff,
  iou,
  type Mask,
  precision,
  sensitivity,
  surfaceDistances,
} from '@medseg/metrics';
import type { ScoredGrid } from '../load-truth.ts';

/** Height and width of an image's pixel in millimetres. */
export type Spacing = readonly [height: number, width: number];

/** What a mask scores against the truth; NaN where a metric has no value. */
export interface MaskScores {
  readonly dice: number;
  readonly iou: number;
  /** In pixels, or millimetres where the spacing is known; NaN where one of the masks is empty. */
  readonly hausdorff95: number;
  /** Average symmetric surface distance, as `hausdorff95`. */
  readonly assd: number;
  readonly sensitivity: number;
  readonly precision: number;
  /** Size of the predicted mask in pixels, or square or cubic millimetres. */
  readonly area: number;
}

/** What a map of probabilities scores, and the mask that it becomes at one half. */
export interface ProbabilityScores extends MaskScores {
  /** Expected calibration error over the image's pixels, 15 bins. */
  readonly ece: number;
  /** How sure the method is of its mask, 0 to 1; see {@link softDiceConfidence}. */
  readonly confidence: number;
}

/** One image's scores at the image's own size, beside baselines on the same image. */
export interface CaseScores extends ProbabilityScores {
  readonly id: string;
  readonly patient: string;
  readonly trueArea: number;
  /** The anchor head alone: the same encoder as a plain U-Net, without diffusion; of networks that have one. */
  readonly anchor?: ProbabilityScores | undefined;
  /** Otsu's threshold on the mean of the channels; of masks with one class. */
  readonly otsu?: MaskScores | undefined;
  /** The scores of each class, where there are several. */
  readonly classes?: readonly ClassScores[] | undefined;
}

/** The scores of one class of a case. */
export interface ClassScores extends ProbabilityScores {
  readonly name: string;
  readonly trueArea: number;
  readonly anchor?: ProbabilityScores | undefined;
}

/** The scores of one class of a case. */
export interface ClassScores extends ProbabilityScores {
  readonly name: string;
  readonly trueArea: number;
  readonly anchor?: ProbabilityScores | undefined;
}

/**
 * Scores a mask. Two empty masks have Dice and IoU 1. An image where a mask is empty has no surface distance (NaN, left
 * out of means and counted, as MONAI does), also for the average, which would be infinite.
 */
export function scoreMask(
  prediction: Mask,
  truth: Mask,
  { shape, spacing = shape.map(() => 1) }: ScoredGrid,
): MaskScores {
  const counts = confusion(prediction, truth);
  const surfaces = surfaceDistances(prediction, truth, { shape, spacing });
  const average = averageSymmetricSurfaceDistance(surfaces);
  return {
    dice: dice(prediction, truth),
    iou: iou(prediction, truth),
    hausdorff95: hausdorff(surfaces, { percentile: 95 }),
    assd: Number.isFinite(average) ? average : Number.NaN,
    sensitivity: sensitivity(counts),
    precision: precision(counts),
    area: sizeOf(prediction, spacing),
  };
}

/** Size of a mask in square or cubic millimetres, or pixels. */
export function sizeOf(mask: Mask, spacing: readonly number[] = []): number {
  let pixels = 0;
  for (let i = 0; i < mask.length; i++) pixels += mask[i]!;
  return spacing.reduce((size, side) => size * side, pixels);
}

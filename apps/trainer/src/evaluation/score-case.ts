import type { Original } from '@medseg/datasets/node';
import type { Segmentation } from '@medseg/inference';
import { otsuThreshold, type ReliabilityBin, reliabilityBins } from '@medseg/metrics';
import { calibrationError } from './calibration.ts';
import { softDiceConfidence } from './confidence.ts';
import { threshold, toImageSize } from './map-to-mask.ts';
import { areaOf, type CaseScores, type ProbabilityScores, type Spacing, scoreMask } from './scores.ts';

/** The scores of a case, with what a reliability diagram over all cases is made of. */
export interface CaseResult extends CaseScores {
  readonly reliability: {
    readonly ensemble: readonly ReliabilityBin[];
    readonly anchor?: readonly ReliabilityBin[] | undefined;
  };
}

/** Scores the segmentation of a case, its anchor and Otsu's threshold at the image's own size. */
export function scoreCase(
  { id, patient, image, mask }: Original,
  segmentation: Segmentation,
  { spacing }: { spacing?: Spacing | undefined } = {},
): CaseResult {
  const grid = { shape: [image.height, image.width] as const, ...(spacing && { spacing }) };
  const scoreMap = (map: Float32Array): { scores: ProbabilityScores; bins: ReliabilityBin[] } => {
    const probability = toImageSize(map, segmentation, image);
    const predicted = threshold(probability);
    const bins = reliabilityBins(probability, mask);
    return {
      bins,
      scores: {
        ...scoreMask(predicted, mask, grid),
        ece: calibrationError(bins),
        confidence: softDiceConfidence(probability, predicted),
      },
    };
  };
  const ensemble = scoreMap(segmentation.probability);
  const anchor = segmentation.anchor && scoreMap(segmentation.anchor);
  return {
    id,
    patient,
    ...ensemble.scores,
    trueArea: areaOf(mask, spacing),
    anchor: anchor?.scores,
    otsu: scoreMask(otsuMask(image), mask, grid),
    reliability: { ensemble: ensemble.bins, anchor: anchor?.bins },
  };
}

/** Pixels brighter than Otsu's threshold on the mean of the channels. */
function otsuMask({ data, channels }: { data: ArrayLike<number>; channels: number }): Uint8Array {
  const grey = new Float32Array(data.length / channels);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[pixel * channels + c]!;
    grey[pixel] = sum / channels;
  }
  const level = otsuThreshold(grey);
  const mask = new Uint8Array(grey.length);
  for (let i = 0; i < grey.length; i++) if (grey[i]! > level) mask[i] = 1;
  return mask;
}

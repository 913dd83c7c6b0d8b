import { isVolume, type Scan } from '@medseg/datasets';
import { otsuThreshold, type ReliabilityBin, reliabilityBins } from '@medseg/metrics';
import type { ScanSegmentation } from '@medseg/pipeline';
import { gridOf, type ScoredGrid, type TruthCase } from '../load-truth.ts';
import { calibrationError, poolBins } from './calibration.ts';
import { softDiceConfidence } from './confidence.ts';
import {
  type CaseScores,
  type ClassScores,
  type ProbabilityScores,
  type Spacing,
  scoreMask,
  sizeOf,
} from './scores.ts';
import { threshold } from './threshold.ts';

/** The scores of a case, with what a reliability diagram over all cases is made of. */
export interface CaseResult extends CaseScores {
  readonly reliability: {
    readonly ensemble: readonly ReliabilityBin[];
    readonly anchor?: readonly ReliabilityBin[] | undefined;
  };
}

/**
 * Scores the segmentation of a case, its anchor and, where there is one class, Otsu's threshold, at the case's own size.
 * Of several classes the scores are the means over the classes, which stand in `classes` one by one.
 */
export function scoreCase(
  { id, patient, scan, truth }: TruthCase,
  segmentation: ScanSegmentation,
  { classNames, spacing }: { classNames: readonly string[]; spacing?: Spacing | undefined },
): CaseResult {
  const grid: ScoredGrid = { ...gridOf(scan), ...(spacing && !isVolume(scan) && { spacing }) };
  const count = segmentation.classes;
  const scoreMap = (map: Float32Array, k: number): { scores: ProbabilityScores; bins: ReliabilityBin[] } => {
    const probability = count === 1 ? map : map.filter((_, i) => i % count === k);
    const predicted = threshold(probability);
    const bins = reliabilityBins(probability, truth[k]!);
    return {
      bins,
      scores: {
        ...scoreMask(predicted, truth[k]!, grid),
        ece: calibrationError(bins),
        confidence: softDiceConfidence(probability, predicted),
      },
    };
  };
  const { probability, anchor } = segmentation;
  const ensemble = truth.map((_, k) => scoreMap(probability, k));
  const anchors = anchor && truth.map((_, k) => scoreMap(anchor, k));
  const trueSizes = truth.map((mask) => sizeOf(mask, grid.spacing));
  const classes: ClassScores[] = truth.map((_, k) => ({
    name: classNames[k]!,
    ...ensemble[k]!.scores,
    trueArea: trueSizes[k]!,
    anchor: anchors && anchors[k]!.scores,
  }));
  return {
    id,
    patient,
    ...meanScores(ensemble.map(({ scores }) => scores)),
    trueArea: trueSizes.reduce((sum, size) => sum + size, 0),
    anchor: anchors && meanScores(anchors.map(({ scores }) => scores)),
    otsu: count === 1 ? scoreMask(otsuMask(scan), truth[0]!, grid) : undefined,
    classes: count === 1 ? undefined : classes,
    reliability: {
      ensemble: poolBins(ensemble.map(({ bins }) => bins)),
      anchor: anchors && poolBins(anchors.map(({ bins }) => bins)),
    },
  };
}

/** Means over classes, of those that have a value; sizes are added up. */
function meanScores(scores: readonly ProbabilityScores[]): ProbabilityScores {
  if (scores.length === 1) return scores[0]!;
  const keys = Object.keys(scores[0]!) as (keyof ProbabilityScores)[];
  const entries = keys.map((key): [string, number] => {
    const known = scores.map((each) => each[key]).filter((value) => !Number.isNaN(value));
    const sum = known.reduce((total, value) => total + value, 0);
    return [key, key === 'area' ? sum : sum / known.length];
  });
  return Object.fromEntries(entries) as unknown as ProbabilityScores;
}

/** Pixels brighter than Otsu's threshold on the mean of the channels. */
function otsuMask({ data, channels }: Scan): Uint8Array {
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

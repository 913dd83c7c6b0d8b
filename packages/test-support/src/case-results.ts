import {
  type CaseResult,
  type MaskScores,
  type ProbabilityScores,
  type ReliabilityBin,
  reliabilityBins,
} from '@medseg/metrics';

const MASK_SCORES: MaskScores = {
  dice: 0.9,
  iou: 0.8,
  hausdorff95: 2,
  assd: 0.5,
  sensitivity: 0.9,
  precision: 0.9,
  area: 100,
};
const SCORES: ProbabilityScores = { ...MASK_SCORES, ece: 0.01, confidence: 0.9 };

/** A diagram of four pixels: ECE 0.1. */
const BINS: readonly ReliabilityBin[] = reliabilityBins(Float64Array.of(0.1, 0.1, 0.9, 0.9), Uint8Array.of(0, 0, 1, 1));

/** Scores of a case, with some of them as the test says. */
export function caseResult(id: string, patient: string, scores: Partial<CaseResult> = {}): CaseResult {
  return {
    id,
    patient,
    ...SCORES,
    trueArea: 100,
    anchor: SCORES,
    otsu: { ...MASK_SCORES, dice: 0.2 },
    reliability: { ensemble: BINS, anchor: BINS },
    ...scores,
  };
}

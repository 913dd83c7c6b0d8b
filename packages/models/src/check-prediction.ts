import { type NetworkPrediction, networkPredictions } from '@medseg/diffusion';

/** Throws a RangeError for a prediction type that does not exist, and for logits that come with a variance. */
export function checkPrediction(who: string, predictionType: NetworkPrediction, learnedVariance: boolean): void {
  if (!networkPredictions.includes(predictionType)) {
    throw new RangeError(
      `${who}: predictionType must be one of ${networkPredictions.join(', ')}, got ${predictionType}`,
    );
  }
  if (predictionType === 'logits' && learnedVariance) {
    throw new RangeError(
      `${who}: a network that predicts logits has as many outputs as mask channels, got twice as many`,
    );
  }
}

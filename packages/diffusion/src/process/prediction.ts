/** What a network's output means: the noise, x0 itself, or v = sqrt(a) noise - sqrt(1 - a) x0. */
export type PredictionType = 'epsilon' | 'sample' | 'v_prediction';

/** The allowed prediction types. */
export const predictionTypes: readonly PredictionType[] = ['epsilon', 'sample', 'v_prediction'];

/**
 * What a network's output means: the noise, x_0, v, the velocity of a straight path ('flow'), or the logits of the mask
 * that x_0 stands for.
 */
export type NetworkPrediction = PredictionType | 'flow' | 'logits';

/** The allowed network predictions. */
export const networkPredictions: readonly NetworkPrediction[] = [...predictionTypes, 'flow', 'logits'];

/** Throws RangeError for a prediction that a process of signal and noise cannot read: a network's own may be any. */
export function requirePrediction(what: string, value: NetworkPrediction): asserts value is PredictionType {
  requireAmong(what, value, predictionTypes);
}

/** {@link requirePrediction} for what follows straight paths too. */
export function requireFlowPrediction(
  what: string,
  value: NetworkPrediction,
): asserts value is PredictionType | 'flow' {
  requireAmong(what, value, [...predictionTypes, 'flow']);
}

function requireAmong(what: string, value: NetworkPrediction, allowed: readonly NetworkPrediction[]): void {
  if (allowed.includes(value)) return;
  const remedy = value === 'logits' ? "; of the masks that logits stand for it is 'sample'" : '';
  throw new RangeError(`${what}: predictionType must be one of ${allowed.join(', ')}, got ${String(value)}${remedy}`);
}

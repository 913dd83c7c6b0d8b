import type { Network, Scheduler } from '@medseg/diffusion';

/**
 * Throws RangeError where a scheduler reads a network's output as something that it is not, or asks for a variance that
 * the network does not return. Returns whether it uses the network's variance.
 */
export function checkScheduler(
  { predictionType, learnedVariance }: Pick<Network, 'predictionType' | 'learnedVariance'>,
  scheduler: Scheduler,
  steps: number,
): boolean {
  const expected = predictionType === 'logits' ? 'sample' : predictionType;
  if (scheduler.predictionType !== expected) {
    throw new RangeError(
      `segment: the network predicts '${predictionType}', so the scheduler's predictionType must be '${expected}', got ${scheduler.name} with '${scheduler.predictionType}'`,
    );
  }
  const usesVariance = scheduler.plan(steps).outputsPerChannel === 2;
  if (usesVariance && !learnedVariance) {
    throw new RangeError(
      `segment: ${scheduler.name} with these options needs a variance from the network, which returns none`,
    );
  }
  return usesVariance;
}

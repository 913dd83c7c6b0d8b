import { type OptionNames, requireOptions } from '@medseg/arguments';
import { type SampleSource, stackSamples } from '@medseg/datasets';
import { phaseLoss, type Recipe } from '@medseg/training';
import { spreadIndices } from './spread-indices.ts';

/** Samples whose loss is computed together, at most. */
const BATCH = 8;

/** Options of {@link validationLoss}. */
export interface ValidationLossOptions {
  /** The phase whose loss it is. */
  readonly phase: string;
  /** Seed of times and noise: the same at each validation, so that losses can be compared. */
  readonly seed: number;
  /** Samples that are looked at, at most. */
  readonly limit: number;
}

const optionNames: OptionNames<ValidationLossOptions> = { phase: true, seed: true, limit: true };

/**
 * Mean loss of a phase over validation samples, without gradients and with the same times and noise at each call; the
 * weights are those in the network.
 */
export async function validationLoss(
  recipe: Recipe,
  source: SampleSource,
  options: ValidationLossOptions,
): Promise<number> {
  requireOptions('validationLoss', options, optionNames);
  const { phase, seed, limit } = options;
  const indices = spreadIndices(source.length, limit);
  let sum = 0;
  for (let start = 0; start < indices.length; start += BATCH) {
    const chosen = indices.slice(start, start + BATCH);
    const batch = stackSamples(await Promise.all(chosen.map((index) => source.sample(index))));
    sum += phaseLoss(recipe, { phase, batch, seed: seed + start }).loss * chosen.length;
  }
  return sum / indices.length;
}

import type { AnchoredDiffusion } from '@medseg/models';
import { ANCHORED_PROCESS, activationOf, type Classes, createSchedule, type RunConfig } from '@medseg/pipeline';
import { anchoredRecipe, type Recipe } from '@medseg/training';

/** How a configuration trains its network: the same on the main thread and in every replica. */
export function recipeOf(
  network: AnchoredDiffusion,
  { config, classes }: { readonly config: RunConfig; readonly classes: Classes },
): Recipe {
  const { learningRate, weightDecay, clipNorm, recycling, encoderShare } = config.training;
  return anchoredRecipe(network, {
    schedule: createSchedule(ANCHORED_PROCESS),
    ...{ learningRate, weightDecay, clipNorm, recycling, encoderShare },
    activation: activationOf(classes),
  });
}

import { type Classes, estimateTraining, type RunConfig } from '@medseg/pipeline';
import { checkMemory } from '../terminal/check-memory.ts';

/** How a run needs less memory. */
export function smallerBatch({ training: { batchSize }, data: { imageSize } }: RunConfig): string {
  const size = `smaller images, --set data.imageSize=[${imageSize.map((side) => Math.ceil(side / 2))}]`;
  if (batchSize === 1) return `a new run needs less with ${size}`;
  return `a new run needs less with a smaller batch, --set training.batchSize=${Math.floor(batchSize / 2)} (it is ${batchSize}), or ${size}`;
}

/** Refuses a training that cannot have the memory that it needs, and remarks on one that may not; see `checkMemory`. */
export function checkTrainingMemory(config: RunConfig, size: { imageChannels: number; classes: Classes }): void {
  const { batchSize, workers } = config.training;
  const { imageChannels, classes } = size;
  const estimate = estimateTraining({ config, imageChannels, classes: classes.names.length });
  if (estimate === undefined) return;
  checkMemory(estimate, {
    what: `training.batchSize=${batchSize} at data.imageSize=[${config.data.imageSize}]`,
    threads: Math.min(workers, batchSize),
    advice: smallerBatch(config),
  });
}

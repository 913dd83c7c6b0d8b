import { type Classes, estimateTraining, type RunConfig } from '@medseg/pipeline';
import { checkMemory, fitsMemory } from '../terminal/check-memory.ts';
import { lessMemory } from './less-memory.ts';

/** What a network is built for beside its configuration. */
interface Built {
  readonly imageChannels: number;
  readonly classes: Classes;
}

/** Whether it can have the memory that it needs, as far as that is known. */
const fits = (config: RunConfig, built: Built): boolean => {
  const needed = estimateOf(config, built);
  return needed === undefined || fitsMemory(needed);
};

const estimateOf = (config: RunConfig, { imageChannels, classes }: Built): ReturnType<typeof estimateTraining> =>
  estimateTraining({ config, imageChannels, classes: classes.names.length });

/** How a run whose memory has run out needs less: half of the batch at most, however little it was estimated to need. */
export function afterOutOfMemory(config: RunConfig, built: Built): string {
  const most = Math.floor(config.training.batchSize / 2);
  return lessMemory(config, (smaller) => fits(smaller, built), most);
}

/** Refuses a training that cannot have the memory that it needs, and remarks on one that may not; see `checkMemory`. */
export function checkTrainingMemory(config: RunConfig, built: Built): void {
  const { batchSize, workers } = config.training;
  const needed = estimateOf(config, built);
  if (needed === undefined) return;
  checkMemory(needed, {
    what: `training.batchSize=${batchSize} at data.imageSize=[${config.data.imageSize}]`,
    threads: Math.min(workers, batchSize),
    advice: () => lessMemory(config, (smaller) => fits(smaller, built)),
  });
}

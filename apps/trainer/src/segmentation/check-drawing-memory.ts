import { type EnsembleOptions, estimateDrawing, type Run, samplesAtOnce } from '@medseg/pipeline';
import { checkMemory } from '../terminal/check-memory.ts';

/**
 * Refuses to draw where the memory that one thread or all need cannot be there, and remarks where it may not be; see
 * `checkMemory`. Of imported networks nothing is known before they run. `pixels`: of the largest scan whose members are
 * kept until it is scored, on each thread.
 */
export function checkDrawingMemory(
  run: Run,
  { preparation, members }: EnsembleOptions,
  workers: number,
  pixels = 0,
): void {
  const { info } = run;
  if (info.kind !== 'trained') return;
  const { config, imageChannels, classes } = info;
  const [height, width] = preparation.imageSize;
  const most = samplesAtOnce(preparation.imageSize);
  const estimate = estimateDrawing({
    config,
    imageChannels,
    classes: classes.names.length,
    places: Math.max(1, Math.floor(most / members)),
    members: Math.min(members, most),
    threads: workers,
  });
  // Each member is kept until the ensemble is whole.
  const kept = 8 * members * height * width * classes.names.length;
  // Members of whole slices are kept as masks, of patches as probabilities with their weights.
  const whole =
    workers * pixels * members * (preparation.view?.patches ? 4 * (classes.names.length + 1) : classes.names.length);
  checkMemory(
    { thread: estimate.thread, total: estimate.total + kept + whole },
    {
      what: `--members ${members} at ${height}x${width}`,
      threads: workers,
      advice: 'less is needed with fewer --workers or fewer --members',
    },
  );
}

import { type EnsembleOptions, estimateDrawing, type Run, samplesAtOnce } from '@medseg/pipeline';
import { checkMemory } from '../terminal/check-memory.ts';

/**
 * Refuses to draw where the memory that one thread or all need cannot be there, and remarks where it may not be; see
 * `checkMemory`. Of networks other than ours and the plain U-Net nothing is known before they run.
 */
export function checkDrawingMemory(run: Run, { preparation, members }: EnsembleOptions, workers: number): void {
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
  if (estimate === undefined) return;
  // Each member is kept until the ensemble is whole.
  const kept = 8 * members * height * width * classes.names.length;
  checkMemory(
    { thread: estimate.thread, total: estimate.total + kept },
    {
      what: `--members ${members} at ${height}x${width}`,
      threads: workers,
      advice: 'less is needed with fewer --workers or fewer --members',
    },
  );
}

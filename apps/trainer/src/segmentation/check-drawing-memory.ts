import { type EnsembleOptions, estimateDrawing, type MemoryEstimate, type Run, samplesAtOnce } from '@medseg/pipeline';
import { checkMemory, fitsMemory } from '../terminal/check-memory.ts';
import { largestThatFits } from '../terminal/largest-that-fits.ts';

/**
 * Refuses to draw where the memory that one thread or all need cannot be there, and remarks where it may not be; see
 * `checkMemory`. Of networks other than ours and the plain U-Net nothing is known before they run. `pixels`: of the
 * largest scan whose members are kept until it is scored, on each thread.
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
  const estimateOf = (count: number, threads: number): MemoryEstimate | undefined => {
    const estimate = estimateDrawing({
      config,
      imageChannels,
      classes: classes.names.length,
      places: Math.max(1, Math.floor(most / count)),
      members: Math.min(count, most),
      threads,
    });
    // Each member is kept until the ensemble is whole.
    const kept = 8 * count * height * width * classes.names.length;
    // Members of whole slices are kept as masks, of patches as probabilities with their weights.
    const perPixel = preparation.view?.patches ? 4 * (classes.names.length + 1) : classes.names.length;
    return estimate && { ...estimate, total: estimate.total + kept + threads * pixels * count * perPixel };
  };
  const needed = estimateOf(members, workers);
  if (needed === undefined) return;
  checkMemory(needed, {
    what: `--members ${members} at ${height}x${width}`,
    threads: workers,
    advice: () => {
      const fits = (count: number, threads: number): boolean => fitsMemory(estimateOf(count, threads)!);
      const threads = largestThatFits(workers - 1, (count) => fits(members, count));
      if (threads > 0) return `less is needed with --workers ${threads}`;
      const fewer = largestThatFits(members - 1, (count) => fits(count, 1));
      if (fewer > 0) return `less is needed with --workers 1 --members ${fewer}`;
      return `no --workers and no --members are few enough: it takes a run of a smaller data.imageSize than [${height},${width}]`;
    },
  });
}

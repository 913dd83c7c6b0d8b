import { availableParallelism } from 'node:os';
import { plural } from '@medseg/metrics';
import { output } from '../terminal/output.ts';

/** So many threads are started on the smallest machine, where so many are asked for. */
const LEAST = 4;
let said = false;

/**
 * How many threads draw masks, where so many are asked for: at most two for each core. The masks are the same with any number,
 * and more threads than cores take time to come up, a network each, and do nothing faster. Says so once.
 *
 * @example drawingThreads(256, 8) // 16
 */
export function drawingThreads(asked: number, cores = availableParallelism()): number {
  const most = Math.max(LEAST, 2 * cores);
  if (asked <= most) return asked;
  if (!said) output.remark(`note: ${most} threads draw, not ${asked}: this machine has ${plural(cores, 'cores')}`);
  said = true;
  return most;
}

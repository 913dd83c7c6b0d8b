import { setFlagsFromString } from 'node:v8';

/**
 * Has this process's garbage collector do its marking at once instead of a little at a time beside the computing. A step
 * leaves little garbage but often, V8 marks it on helper threads, and those take their time from threads that compute on
 * every core: two replicas train 5 to 10 % faster without. Pauses are some ten milliseconds, too long for a process that
 * answers others. Call it once, before anything else; it counts for worker threads too.
 */
export function disableIncrementalMarking(): void {
  setFlagsFromString('--no-incremental-marking');
}

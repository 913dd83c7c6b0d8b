import type { ProcessInfo } from './process.ts';

/** The process that `train` trains on. */
export const ANCHORED_PROCESS: ProcessInfo = { schedule: 'cosine', timesteps: 1000, prediction: 'sample' };

import type { ProcessInfo } from '../networks/process.ts';
import type { RunConfig } from './config.ts';

/** The diffusion process that a configuration trains on. Logits stand for a mask: samplers take them as x_0. */
export function processOf({ objective, data }: Pick<RunConfig, 'objective' | 'data'>): ProcessInfo {
  const { prediction, schedule, timesteps, zeroTerminalSnr, referenceSide } = objective;
  return {
    schedule,
    timesteps,
    prediction: prediction === 'logits' ? 'sample' : prediction,
    ...(zeroTerminalSnr && { zeroTerminalSnr }),
    ...(referenceSide !== undefined && {
      shift: { from: referenceSide, to: Math.max(...data.imageSize) },
    }),
  };
}

import { requireObject } from '@medseg/arguments';
import type { ProcessInfo } from '../networks/process.ts';
import type { RunConfig } from './config/schema.ts';

/**
 * The diffusion process that a configuration trains on. Logits stand for a mask: samplers take them as x_0.
 *
 * @example processOf(resolveConfig({ data: { dir: '.', layout: 'folder' } })).timesteps // 1000
 */
export function processOf(config: Pick<RunConfig, 'objective' | 'data'>): ProcessInfo {
  requireObject('processOf: config', config, ['objective', 'data']);
  const { objective, data } = config;
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

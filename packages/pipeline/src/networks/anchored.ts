import type { ClassReading } from '@medseg/diffusion';
import { segment } from '@medseg/inference';
import type { AnchoredDiffusion } from '@medseg/models';
import { createScheduler, type ProcessInfo } from './process.ts';
import type { RunNetwork } from './run-network.ts';

/** The process that `train` trains on. */
export const ANCHORED_PROCESS: ProcessInfo = { schedule: 'cosine', timesteps: 1000, prediction: 'sample' };

/** The project's own network as the commands see it. */
export function anchoredNetwork(network: AnchoredDiffusion, classes: ClassReading): RunNetwork {
  const { imageSize, imageChannels, maskChannels } = network.config;
  return {
    imageSize,
    imageChannels,
    classes: maskChannels,
    reading: classes,
    variables: () =>
      new Map([
        ...[...network.encoderVariables()].map(([name, v]) => [`encoder.${name}`, v] as const),
        ...[...network.denoiserVariables()].map(([name, v]) => [`denoiser.${name}`, v] as const),
      ]),
    segment: (images, { scheduler, ...ensemble }) =>
      segment(network, images, { ...ensemble, classes, scheduler: createScheduler(scheduler, ANCHORED_PROCESS) }),
    dispose: () => network.dispose(),
  };
}

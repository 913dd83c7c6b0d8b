import type { SelfConditionedDenoiser } from '@medseg/diffusion';
import { sampleMasks } from '@medseg/inference';
import { Lucidrains, type LucidrainsConfig, Seed, type SeedConfig } from '@medseg/models';
import type * as tf from '@tensorflow/tfjs-core';
import { createScheduler, type ProcessInfo } from './process.ts';
import type { RunNetwork } from './run-network.ts';

/** deepmancer's network as the commands see it. */
export function seedNetwork(config: SeedConfig, process: ProcessInfo): RunNetwork {
  if (config.outputChannels !== config.maskChannels) {
    throw new RangeError(
      `Seed: to sample, outputChannels must equal maskChannels (${config.maskChannels}), got ${config.outputChannels}`,
    );
  }
  const network = new Seed(config);
  return twinUnet(network, (x, t, images) => network.denoise(x, t, images), process);
}

/** lucidrains' network as the commands see it; with self-conditioning it is given its last x_0. */
export function lucidrainsNetwork(config: LucidrainsConfig, process: ProcessInfo): RunNetwork {
  const network = new Lucidrains(config);
  return twinUnet(
    network,
    (x, t, images, previous) => network.denoise(x, t, images, config.selfCondition ? previous : undefined),
    process,
  );
}

function twinUnet(
  network: Seed | Lucidrains,
  denoiser: SelfConditionedDenoiser<tf.Tensor4D>,
  process: ProcessInfo,
): RunNetwork {
  const { imageSize, imageChannels, maskChannels } = network.config;
  return {
    imageSize: [imageSize, imageSize],
    imageChannels,
    classes: maskChannels,
    reading: 'channels',
    variables: () => network.variables(),
    segment: (images, { scheduler, ...ensemble }) =>
      sampleMasks(denoiser, images, {
        ...ensemble,
        shape: [images.shape[0], imageSize, imageSize, maskChannels],
        scheduler: createScheduler(scheduler, process),
      }),
    dispose: () => network.dispose(),
  };
}

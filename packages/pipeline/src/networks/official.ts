import type { Scheduler } from '@medseg/diffusion';
import { anchorProbabilities, sampleMasks } from '@medseg/inference';
import { type OfficialConfig, OfficialNew, OfficialV1 } from '@medseg/models';
import * as tf from '@tensorflow/tfjs-core';
import { createScheduler, type ProcessInfo, type SchedulerName } from './process.ts';
import type { RunNetwork } from './run-network.ts';

/** Upstream's masks are 0 and 1 inside the process too. */
const RANGE = [0, 1] as const;

/** The official "new" network as the commands see it; the mask of its image branch is the anchor. */
export function officialNewNetwork(config: Partial<OfficialConfig>, process: ProcessInfo): RunNetwork {
  const network = new OfficialNew(config);
  const outputs = readOutputs(network.config);
  return {
    ...sizesOf(network),
    segment: async (images, { scheduler, ...ensemble }) => {
      const { anchor, features } = network.encode(images);
      const sampler = outputs.scheduler(scheduler, process);
      try {
        const segmentations = await sampleMasks(
          (x, t, condition) => outputs.of(network.denoise(x, t, condition), sampler),
          { images, anchor, features },
          { ...ensemble, shape: [...anchor.shape], range: RANGE, scheduler: sampler },
        );
        const anchors = await anchorProbabilities(anchor);
        return segmentations.map((segmentation, i) => ({ ...segmentation, anchor: anchors[i]! }));
      } finally {
        tf.dispose([anchor, features]);
      }
    },
  };
}

/**
 * The official V1 network as the commands see it. It has no mask without diffusion: its image branch sees the noisy
 * mask's features too.
 */
export function officialV1Network(config: Partial<OfficialConfig>, process: ProcessInfo): RunNetwork {
  const network = new OfficialV1(config);
  const { imageSize, maskChannels } = network.config;
  const outputs = readOutputs(network.config);
  return {
    ...sizesOf(network),
    segment: (images, { scheduler, ...ensemble }) => {
      const sampler = outputs.scheduler(scheduler, process);
      return sampleMasks(
        (x, t, condition) => outputs.of(network.denoise(x, t, condition), sampler),
        { images },
        { ...ensemble, shape: [images.shape[0], ...imageSize, maskChannels], range: RANGE, scheduler: sampler },
      );
    },
  };
}

function sizesOf(network: OfficialNew | OfficialV1): Omit<RunNetwork, 'segment'> {
  const { imageSize, imageChannels, maskChannels } = network.config;
  return {
    imageSize,
    imageChannels,
    classes: maskChannels,
    reading: 'channels',
    variables: () => network.variables(),
    dispose: () => network.dispose(),
  };
}

/** How the channels of the output are read: the prediction and, behind it, perhaps a variance that only DDPM uses. */
function readOutputs({ outChannels, maskChannels, classes }: OfficialConfig): {
  scheduler(name: SchedulerName, process: ProcessInfo): Scheduler;
  of(output: tf.Tensor4D, scheduler: Scheduler): tf.Tensor4D;
} {
  if (classes !== undefined) {
    throw new RangeError(`official: a network of ${classes} image classes cannot be sampled without knowing the class`);
  }
  if (outChannels !== maskChannels && outChannels !== 2 * maskChannels) {
    throw new RangeError(
      `official: the output must have ${maskChannels} channels, or ${2 * maskChannels} with a variance, got ${outChannels}`,
    );
  }
  const learnedVariance = outChannels === 2 * maskChannels;
  return {
    scheduler: (name, process) => createScheduler(name, process, { learnedVariance }),
    of: (output, { name }) =>
      learnedVariance && name !== 'ddpm' ? tf.slice(output, [0, 0, 0, 0], [-1, -1, -1, maskChannels]) : output,
  };
}

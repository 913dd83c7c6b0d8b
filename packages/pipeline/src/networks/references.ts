import { pickOptions } from '@medseg/arguments';
import type { Network } from '@medseg/diffusion';
import {
  DeepmancerUNet,
  deepmancerUNetConfigFrom,
  Lucidrains,
  lucidrainsConfigFrom,
  OfficialNew,
  OfficialV1,
  officialOptions,
} from '@medseg/models';
import {
  inferLucidrainsOptions,
  inferOfficialOptions,
  inferSeedOptions,
  lucidrainsNames,
  type NamedArray,
  type NameMap,
  officialNames,
  type ReferenceOptions,
  seedNames,
} from '@medseg/weights';
import type { ProcessInfo } from './process.ts';

/** What a checkpoint's shapes do not tell. */
export interface Unseen {
  /** Heads of the attention. Default: the reference's own. */
  readonly heads?: number;
  /** Groups of every GroupNorm; of lucidrains' network only. Default 8. */
  readonly groups?: number;
  /** Side of the images; of the official networks only. Default 256. */
  readonly imageSize?: number;
}

/** What each kind of network takes of it; an official one has 32 groups. */
const TWIN_UNSEEN = { heads: true, groups: true } as const;
const OFFICIAL_UNSEEN = { heads: true, imageSize: true } as const;

/** A network whose checkpoints can be imported. */
export interface Reference {
  /** The repository that it is from. */
  readonly title: string;
  /** Our names of its weights. */
  readonly names: NameMap;
  /** The process and the intensities of the reference's own training program, unless a checkpoint says otherwise. */
  readonly process: ProcessInfo;
  /** How its training program prepares intensities. */
  readonly intensities: Intensities;
  /** The options of the reference's network, under its own names, from a checkpoint. Throws RangeError where it is none. */
  infer(tensors: ReadonlyMap<string, NamedArray>, unseen: Unseen): ReferenceOptions;
  /** The network with fresh weights. Throws RangeError where it cannot be built or sampled. */
  build(options: ReferenceOptions, process: ProcessInfo): Network;
  /** Our weights that no checkpoint of the reference holds. */
  readonly ownWeights: readonly string[];
}

/** How intensities are prepared: as in @medseg/datasets, or `signed`: [0, 1] stretched to [-1, 1]. */
export const INTENSITIES = ['mri', 'photo', 'signed', 'none'] as const;
/** The name of a preparation of intensities. */
export type Intensities = (typeof INTENSITIES)[number];

/** The networks whose checkpoints can be imported, by name. */
export const REFERENCES = {
  deepmancer: {
    title: 'deepmancer/medseg-diffusion',
    names: seedNames,
    process: { schedule: 'cosine', timesteps: 100, prediction: 'epsilon' },
    intensities: 'signed',
    infer: (tensors, unseen) =>
      inferSeedOptions(tensors, pickOptions<Pick<Unseen, 'heads' | 'groups'>>(unseen, TWIN_UNSEEN)),
    build: (options, { prediction }) => {
      const config = deepmancerUNetConfigFrom(options);
      requireOutputs('DeepmancerUNet', config.outputChannels, config.maskChannels);
      return new DeepmancerUNet({ ...config, predictionType: prediction });
    },
    ownWeights: [],
  },
  lucidrains: {
    title: 'lucidrains/med-seg-diff-pytorch',
    names: lucidrainsNames,
    process: { schedule: 'cosine', timesteps: 1000, prediction: 'epsilon' },
    intensities: 'photo',
    infer: (tensors, unseen) =>
      inferLucidrainsOptions(tensors, pickOptions<Pick<Unseen, 'heads' | 'groups'>>(unseen, TWIN_UNSEEN)),
    build: (options, { prediction }) =>
      new Lucidrains({ ...lucidrainsConfigFrom(options), predictionType: prediction }),
    ownWeights: [],
  },
  'official-v1': {
    title: 'SuperMedIntel/MedSegDiff, V1',
    names: officialNames,
    process: { schedule: 'linear-scaled', timesteps: 1000, prediction: 'epsilon' },
    intensities: 'photo',
    infer: (tensors, unseen) => inferVersion('v1', tensors, unseen),
    build: (options, { prediction }) =>
      requireSampled(new OfficialV1({ ...officialOptions(options), predictionType: prediction })),
    // Upstream makes this convolution anew at every forward.
    ownWeights: ['hwm.embedding.weight', 'hwm.embedding.bias'],
  },
  'official-new': {
    title: 'SuperMedIntel/MedSegDiff, "new"',
    names: officialNames,
    process: { schedule: 'linear-scaled', timesteps: 1000, prediction: 'epsilon' },
    intensities: 'photo',
    infer: (tensors, unseen) => inferVersion('new', tensors, unseen),
    build: (options, { prediction }) =>
      requireSampled(new OfficialNew({ ...officialOptions(options), predictionType: prediction })),
    ownWeights: [],
  },
} as const satisfies Record<string, Reference>;

/** The name of a reference. */
export type ReferenceName = keyof typeof REFERENCES;
/** The names of all references. */
export const REFERENCE_NAMES = Object.keys(REFERENCES) as [ReferenceName, ...ReferenceName[]];

function inferVersion(
  version: 'v1' | 'new',
  tensors: ReadonlyMap<string, NamedArray>,
  unseen: Unseen,
): ReferenceOptions {
  const options = inferOfficialOptions(
    tensors,
    pickOptions<Pick<Unseen, 'heads' | 'imageSize'>>(unseen, OFFICIAL_UNSEEN),
  );
  if (options.version !== version) {
    throw new RangeError(`the checkpoint is of official-${options.version}, and must be of official-${version}`);
  }
  return options;
}

/** The network, refused where its output or its classes keep it from being sampled. */
function requireSampled<N extends OfficialNew | OfficialV1>(network: N): N {
  const { outChannels, maskChannels, classes } = network.config;
  if (classes !== undefined) {
    throw new RangeError(`official: a network of ${classes} image classes cannot be sampled without knowing the class`);
  }
  requireOutputs('official', outChannels, maskChannels);
  return network;
}

/** Refuses an output that is neither a prediction of the mask nor one with a variance. */
function requireOutputs(who: string, outputs: number, masks: number): void {
  if (outputs !== masks && outputs !== 2 * masks) {
    throw new RangeError(
      `${who}: the output must have ${masks} channels, or ${2 * masks} with a variance, got ${outputs}`,
    );
  }
}

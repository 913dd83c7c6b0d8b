import {
  DeepmancerUNet,
  deepmancerUNetConfigFrom,
  Lucidrains,
  lucidrainsConfigFrom,
  MedSegDiffV2,
  OfficialNew,
  officialOptions,
} from '@medseg/models';
import {
  exportWeights,
  lucidrainsNames,
  type NamedArray,
  type NameMap,
  officialNames,
  seedNames,
} from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { Case } from './cases.ts';
import type { BatchTensors, TrainedNetwork } from './shares.ts';
import { buildPlainUnet } from './unet.ts';

interface Built extends TrainedNetwork {
  /** The weights as the peer wants them. */
  weights(): Map<string, NamedArray>;
}

type Variables = Map<string, tf.Variable>;

/** A case's network with its first weights. */
export function build({ network, size }: Case): Built {
  switch (network.kind) {
    case 'lucidrains': {
      const net = new Lucidrains({ ...lucidrainsConfigFrom(network.options), seed: 1 });
      return ofModel(net.model, net.variables(), lucidrainsNames);
    }
    case 'seed': {
      const net = new DeepmancerUNet({ ...deepmancerUNetConfigFrom(network.options), seed: 1 });
      return ofModel(net.model, net.variables(), seedNames);
    }
    case 'official-new': {
      const options = officialOptions({ ...network.options, image_size: size, in_channels: 4 });
      return ofOfficial(new OfficialNew({ ...options, highway: network.highway, seed: 1 }));
    }
    case 'v2':
      return ofV2(new MedSegDiffV2({ imageSize: [size, size], seed: 1 }));
    case 'unet': {
      const model = buildPlainUnet({ size, channels: network.channels });
      const own = (model.weights as LayerVariable[]).map(
        (w) => [w.originalName.replaceAll('/', '.'), w.read() as tf.Variable] as const,
      );
      return ofModel(model, new Map(own));
    }
  }
}

/** Mean squared error on the noise. */
function ofModel(model: LayersModel, variables: Variables, names?: NameMap): Built {
  return {
    variables,
    weights: () => (names ? exportWeights(arrays(variables), names) : arrays(variables)),
    loss: ({ x, t, image, noise }) => {
      const inputs = [x, t, image].slice(0, model.inputs.length) as tf.Tensor[];
      return meanSquare(noise, model.apply(inputs) as tf.Tensor);
    },
  };
}

/** Mean squared error on the noise and, ten times, on the mask of the highway; its target is x, whatever that is. */
function ofOfficial(network: OfficialNew): Built {
  const variables = new Map([...network.encoderVariables(), ...network.denoiserVariables()]);
  const state = new Map([...network.variables()].filter(([name]) => !variables.has(name)));
  return {
    variables,
    state,
    weights: () => exportWeights(arrays(network.variables()), officialNames),
    loss: ({ x, t, image, noise }) => {
      const condition = network.encode(image!, { training: true });
      const prediction = network.denoise(x, tf.reshape(t, [-1]), condition, undefined, { training: true });
      const calibration = meanSquare(x, tf.sigmoid(condition.anchor));
      return tf.add(meanSquare(noise, tf.split(prediction, 2, 3)[0]!), tf.mul(calibration, 10));
    },
  };
}

/** Mean squared error on the noise and on the mask of the condition model; its target is x, whatever that is. */
function ofV2(network: MedSegDiffV2): Built {
  const variables = network.variables();
  return {
    variables,
    weights: () => arrays(variables),
    loss: ({ x, t, image, noise }: BatchTensors) => {
      const condition = network.encode(image!);
      const prediction = network.denoise(x, tf.reshape(t, [-1]), condition);
      return tf.add(meanSquare(noise, prediction), meanSquare(x, tf.sigmoid(condition.anchor)));
    },
  };
}

function meanSquare(target: tf.Tensor, prediction: tf.Tensor): tf.Scalar {
  return tf.losses.meanSquaredError(target, prediction) as tf.Scalar;
}

function arrays(variables: ReadonlyMap<string, tf.Variable>): Map<string, NamedArray> {
  return new Map(
    [...variables].map(([key, v]) => [key, { shape: v.shape, data: v.dataSync<'float32'>().slice() }] as const),
  );
}

// A network of one's own from the layers of @medseg/layers: built, trained for a few steps, saved and loaded back.
import { register } from '@medseg/backend-wasm';
import { addNoise, cosineSchedule, ddim, mseLoss, sampleToEnd } from '@medseg/diffusion';
import * as medseg from '@medseg/layers';
import { normalTensor } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, loadLayersModel, model } from '@tensorflow/tfjs-layers';
import { drawSquares } from './squares.js';

await register();
const [size, seed] = [16, 1];

// Two levels, guided by the image at each.
const mask = input({ shape: [size, size, 1] });
const time = input({ shape: [1] });
const image = input({ shape: [size, size, 1] });
const block = (x, channels) => new medseg.ResidualBlock({ channels, groups: 4, seed }).on(x, t);
const guide = (x, condition) => new medseg.AttentiveFusion({ seed }).on(x, condition);
const t = new medseg.TimeEmbedding({ frequencies: 16, channels: 32, seed }).on(time);
const fine = guide(block(new medseg.Convolution({ channels: 8, size: 3, seed }).on(mask), 8), image);
const coarse = guide(block(new medseg.Downsample({}).on(fine), 16), new medseg.Downsample({}).on(image));
const joined = layers.concatenate().apply([new medseg.Upsample({}).on(coarse), fine]);
const out = new medseg.OutputHead({ channels: 1, groups: 4, seed }).on(block(joined, 8));
const network = model({ inputs: [mask, time, image], outputs: out });
const denoise = (net, x, steps, images) =>
  tf.tanh(net.apply([x, tf.reshape(tf.cast(steps, 'float32'), [-1, 1]), images]));

// It learns to predict the clean mask from any noise level.
const schedule = cosineSchedule({ steps: 1000 });
const random = createRandom(seed);
const optimizer = tf.train.adam(3e-3, 0.9, 0.999, 1e-8);
for (let step = 1; step <= 40; step++) {
  const { clean, images } = drawSquares(8, size, random);
  const steps = Int32Array.from({ length: 8 }, () => random.integer(1000));
  const x = tf.tidy(() => addNoise(schedule, clean, normalTensor(random, clean.shape), steps));
  const loss = () => mseLoss(denoise(network, x, tf.tensor1d(steps, 'int32'), images), clean);
  const value = optimizer.minimize(loss, true);
  if (step % 10 === 0) console.log(`step ${step}: loss ${value.dataSync()[0].toFixed(4)}`);
  tf.dispose([clean, images, x, value]);
}

// Saved and loaded back, it draws the same mask.
const files = new Map();
const modelArtifactsInfo = { dateSaved: new Date(), modelTopologyType: 'JSON' };
await network.save({ save: async (artifacts) => files.set('model', artifacts) && { modelArtifactsInfo } });
medseg.registerLayers();
const loaded = await loadLayersModel(tf.io.fromMemory(files.get('model')));
const { clean, images } = drawSquares(1, size, random);
const scheduler = ddim(schedule, { predictionType: 'sample', timestepSpacing: 'trailing' });
const draw = (net) => {
  const options = { shape: [1, size, size, 1], condition: images, steps: 5, random: createRandom(7) };
  return sampleToEnd((x, steps, condition) => denoise(net, x, steps, condition), scheduler, options);
};
const [before, after] = [await draw(network), await draw(loaded)];
console.log(`same mask after loading: ${before.dataSync().join() === after.dataSync().join()}`);
console.log(
  `right pixels: ${tf.sum(tf.cast(tf.equal(tf.sign(after), clean), 'int32')).dataSync()[0]} of ${size * size}`,
);

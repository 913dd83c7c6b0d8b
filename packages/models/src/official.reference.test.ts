import { existsSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { register } from '@medseg/backend-wasm';
import { relativeError } from '@medseg/test-support';
import { sharedPath } from '@medseg/test-support/shared-folder';
import { decodeSafetensors, importWeights, type NamedArray, officialNames } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { OfficialNew } from './official-new.ts';
import { officialOptions } from './official-options.ts';

const fixture = (name: string): string => sharedPath('parity', `official-v2.${name}`);

/** The weight that the fixture's formula gives a name and shape: a linear congruence started by the name's checksum. */
function formula(name: string, shape: readonly number[]): NamedArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const spread = Math.sqrt((name.startsWith('hwm') ? 4 : 3) / (size / shape[0]!));
  const [middle, factor] = name.endsWith('running_var')
    ? [1, 0.2]
    : name.endsWith('running_mean')
      ? [0, 0.1]
      : shape.length > 1
        ? [0, spread]
        : name.endsWith('weight')
          ? [1, 0.1]
          : [0, 0.05];
  let x = crc32(name);
  const data = Float32Array.from({ length: size }, () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return middle! + factor! * (x / 2 ** 31 - 1);
  });
  return { shape, data };
}

describe.skipIf(!existsSync(fixture('json')) && process.env.CI !== 'true')('OfficialNew against its reference', () => {
  it('gives the prediction and the calibration of UNetModel_newpreview', async () => {
    await register();
    const { config, parameters } = JSON.parse(readFileSync(fixture('json'), 'utf8')) as {
      config: Record<string, unknown>;
      parameters: { name: string; shape: number[] }[];
    };
    const { tensors } = decodeSafetensors(readFileSync(fixture('io.safetensors')));
    const network = new OfficialNew(officialOptions(config));
    const variables = network.variables();
    const stateDict = new Map(parameters.map(({ name, shape }) => [name, formula(name, shape)]));
    const shapes = new Map([...variables].map(([name, variable]) => [name, variable.shape]));
    const { weights, report } = importWeights(stateDict, shapes, officialNames);
    expect([report.missing, report.leftOver]).toEqual([[], []]);
    tf.tidy(() => {
      for (const [name, { shape, data }] of weights) {
        variables.get(name)!.assign(tf.tensor(data as Float32Array, [...shape]));
      }
      const array = (name: string): tf.Tensor =>
        tf.tensor(tensors.get(name)!.data as Float32Array, [...tensors.get(name)!.shape]);
      const joined = tf.transpose(array('input.x'), [0, 2, 3, 1]);
      const [images, x] = tf.split(joined, [3, 1], 3) as [tf.Tensor4D, tf.Tensor4D];
      const condition = network.encode(images);
      const prediction = network.denoise(x, array('input.time') as tf.Tensor1D, condition);
      const error = (ours: tf.Tensor, name: string): number =>
        relativeError(tf.transpose(ours, [0, 3, 1, 2]).dataSync(), tensors.get(`output.${name}`)!.data as Float32Array);
      expect(error(prediction, 'prediction')).toBeLessThan(1e-4);
      expect(error(tf.sigmoid(condition.anchor), 'calibration')).toBeLessThan(1e-4);
    });
    network.dispose();
  });
});

import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type GroupNormOptions, groupNorm } from './group-norm.ts';

type Shape = [number, number, number, number];
interface Case {
  shape: Shape;
  groups: number;
  silu: boolean;
  modulated: boolean;
}

// Channels that are and are not whole vectors of four, one group, one channel a group, pixels that leave a rest.
const cases: Case[] = [
  { shape: [2, 3, 3, 8], groups: 2, silu: true, modulated: true },
  { shape: [2, 3, 5, 6], groups: 3, silu: true, modulated: true },
  { shape: [2, 5, 3, 5], groups: 1, silu: true, modulated: false },
  { shape: [3, 3, 3, 3], groups: 3, silu: false, modulated: true },
  { shape: [2, 2, 3, 12], groups: 4, silu: false, modulated: false },
];

function f({ groups, silu, modulated }: Case) {
  return (...[x, gamma, beta, scale, shift]: tf.Tensor[]): tf.Tensor => {
    const options: GroupNormOptions = { groups };
    if (silu) options.activation = 'silu';
    if (modulated) Object.assign(options, { scale, shift });
    return groupNorm(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, options);
  };
}

function inputsOf({ shape, modulated }: Case, offset = 0): tf.Tensor[] {
  const [b, , , c] = shape;
  const x = tf.add(tf.mul(randomTensor(shape, 1), 2), offset);
  const inputs: tf.Tensor[] = [x, randomTensor([c], 2), randomTensor([c], 3)];
  if (modulated) inputs.push(randomTensor([b, c], 4), randomTensor([b, c], 5));
  return inputs;
}

/** The definition, in float64. */
function reference({ shape, groups, silu, modulated }: Case, inputs: tf.Tensor[]): number[] {
  const [x, gamma, beta, scale, shift] = inputs.map((t) => t.dataSync());
  const [b, h, w, c] = shape;
  const width = c / groups;
  const out = new Array<number>(b * h * w * c);
  for (let i = 0; i < b; i++)
    for (let g = 0; g < groups; g++) {
      const at: number[] = [];
      for (let p = 0; p < h * w; p++) for (let j = 0; j < width; j++) at.push((i * h * w + p) * c + g * width + j);
      const mean = at.reduce((sum, k) => sum + x![k]!, 0) / at.length;
      const variance = at.reduce((sum, k) => sum + (x![k]! - mean) ** 2, 0) / at.length;
      for (const k of at) {
        const ch = k % c;
        let y = ((x![k]! - mean) / Math.sqrt(variance + 1e-5)) * gamma![ch]! + beta![ch]!;
        if (modulated) y = y * (1 + scale![i * c + ch]!) + shift![i * c + ch]!;
        out[k] = silu ? y / (1 + Math.exp(-y)) : y;
      }
    }
  return out;
}

describeOnBackends('groupNorm', () => {
  it.each(cases)('equals the definition: %j', (c) => {
    const inputs = inputsOf(c);
    expect(relativeError(f(c)(...inputs).dataSync(), reference(c, inputs))).toBeLessThan(1e-5);
  });

  it.each(cases)('has the right gradients: %j', (c) => {
    expect(gradientError(f(c), inputsOf(c))).toBeLessThan(1e-3);
  });

  it('keeps its precision far from zero', () => {
    const inputs = inputsOf(cases[0]!, 300);
    expect(relativeError(f(cases[0]!)(...inputs).dataSync(), reference(cases[0]!, inputs))).toBeLessThan(1e-3);
  });

  it('takes scale and shift each alone', () => {
    const c = { ...cases[0]!, modulated: true };
    const [x, gamma, beta, scale] = inputsOf(c) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D];
    const run = (name: 'scale' | 'shift') => (m: tf.Tensor) => groupNorm(x, gamma, beta, { groups: 2, [name]: m });
    expect(gradientError(run('scale'), [scale])).toBeLessThan(1e-3);
    expect(gradientError(run('shift'), [scale])).toBeLessThan(1e-3);
  });

  it('leaves nothing behind', async () => {
    const inputs = inputsOf(cases[0]!);
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grads(f(cases[0]!))(inputs));
      f(cases[0]!)(...inputs).dispose();
    });
  });

  it('says which rule was broken', () => {
    const x = tf.zeros<tf.Rank.R4>([2, 2, 2, 6]);
    const ones = tf.ones<tf.Rank.R1>([6]);
    expect(() => groupNorm(x, ones, ones, { groups: 4 })).toThrow(/divide the 6 channels, got 4/);
    expect(() => groupNorm(x, tf.ones([5]), ones, { groups: 2 })).toThrow(/gamma must be \[6\], got \[5\]/);
    const scale = tf.ones<tf.Rank.R2>([1, 6]);
    expect(() => groupNorm(x, ones, ones, { groups: 2, scale })).toThrow(/scale must be \[2, 6\], got \[1,6\]/);
  });
});

import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { SelfAttention, selfAttention } from './self-attention.ts';

describeOnBackends('selfAttention', () => {
  const run = (...t: tf.Tensor[]): tf.Tensor4D =>
    selfAttention(
      t[0] as tf.Tensor4D,
      {
        norm: { weight: t[1] as tf.Tensor1D, bias: t[2] as tf.Tensor1D },
        qkv: { weight: t[3] as tf.Tensor4D, bias: t[4] as tf.Tensor1D },
        out: { weight: t[5] as tf.Tensor4D, bias: t[6] as tf.Tensor1D },
      },
      { heads: 2, groups: 2 },
    );
  const tensors = (): tf.Tensor[] => [
    randomTensor([2, 3, 2, 4], 1),
    randomTensor([4], 2),
    randomTensor([4], 3),
    tf.mul(randomTensor([1, 1, 4, 12], 4), 0.5),
    randomTensor([12], 5),
    randomTensor([1, 1, 4, 4], 6),
    randomTensor([4], 7),
  ];

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(run, tensors(), { step: 5e-3 })).toBeLessThan(1e-3);
  });

  it('does not mind where a pixel stands', () => {
    const t = tensors();
    const flipped = run(tf.reverse(t[0]!, [1, 2]), ...t.slice(1));
    expect(relativeError(tf.reverse(flipped, [1, 2]).dataSync(), run(...t).dataSync())).toBeLessThan(1e-5);
  });

  it('refuses channels that the heads do not divide', () => {
    const layer = new SelfAttention({ heads: 3, groups: 2 });
    expect(() => layer.apply(randomTensor([1, 2, 2, 4]))).toThrow(/multiple of heads, got 4 channels and 3 heads/);
  });

  it("takes each head's query, key and value together where asked", () => {
    const t = tensors();
    const form = (order: 'qkv' | 'heads', kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor4D =>
      selfAttention(
        t[0] as tf.Tensor4D,
        {
          norm: { weight: t[1] as tf.Tensor1D, bias: t[2] as tf.Tensor1D },
          qkv: { weight: kernel as tf.Tensor4D, bias: bias as tf.Tensor1D },
          out: { weight: t[5] as tf.Tensor4D, bias: t[6] as tf.Tensor1D },
        },
        { heads: 2, groups: 2, order },
      );
    const regroup = (x: tf.Tensor): tf.Tensor => {
      const rows = x.size / 12;
      return tf.reshape(tf.transpose(tf.reshape(x, [rows, 3, 2, 2]), [0, 2, 1, 3]), x.shape); // qkv, head -> head, qkv
    };
    const expected = form('qkv', t[3]!, t[4]!);
    const actual = form('heads', regroup(t[3]!), regroup(t[4]!));
    expect(relativeError(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
  });
});

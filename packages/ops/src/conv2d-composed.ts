import * as tf from '@tensorflow/tfjs-core';
import { hasKernel } from './fused.ts';

type Padding = 'same' | 'valid' | tf.backend_util.ExplicitPadding;

/** conv2d from stock operations. Where the backend lacks the filter's gradient (stock wasm), that is composed too. */
export function composedConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, strides: number, padding: Padding): tf.Tensor4D {
  const forward = (): tf.Tensor4D => tf.conv2d(x, filter, strides, padding);
  if (hasKernel('Conv2DBackpropFilter')) return forward();
  const withGradient = tf.customGrad((...args) => {
    const [, , save] = args as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([x, filter]);
    return {
      value: forward(),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedX, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        return gradients(savedX, savedFilter, dy as tf.Tensor4D, strides, padding);
      },
    };
  });
  return withGradient(x, filter) as tf.Tensor4D;
}

/** Both gradients from one matrix product a tap of the filter. */
function gradients(x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D, s: number, padding: Padding): tf.Tensor[] {
  const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, s, 1, padding);
  const { top, left } = info.padInfo;
  const { outHeight: oh, outWidth: ow, batchSize: b, inChannels: cin, outChannels: cout } = info;
  const [kh, kw] = filter.shape;
  const [, h, w] = x.shape;
  // Tap (i, j) sees rows i, i + s, … of the padded image: `reach` rows from i on, cut into oh groups of s.
  const reach = [oh * s, ow * s] as const;
  const padded = tf.pad4d(x, [
    [0, 0],
    [top, Math.max(0, kh - 1 + reach[0] - h - top)],
    [left, Math.max(0, kw - 1 + reach[1] - w - left)],
    [0, 0],
  ]);
  const [, ph, pw] = padded.shape;
  const rows = tf.reshape(dy, [b * oh * ow, cout]);
  const filterTaps: tf.Tensor[] = [];
  let dx: tf.Tensor4D = tf.zeros([b, ph, pw, cin]);
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const seen = tf.stridedSlice(padded, [0, i, j, 0], [b, i + reach[0], j + reach[1], cin], [1, s, s, 1]);
      filterTaps.push(tf.matMul(tf.transpose(tf.reshape(seen, [b * oh * ow, cin])), rows));
      const tap = tf.reshape(tf.slice4d(filter, [i, j, 0, 0], [1, 1, cin, cout]), [cin, cout]);
      const back = tf.reshape(tf.matMul(rows, tf.transpose(tap)), [b, oh, ow, cin]) as tf.Tensor4D;
      const spread = spreadPixels(back, s);
      dx = tf.add(
        dx,
        tf.pad4d(spread, [
          [0, 0],
          [i, ph - i - reach[0]],
          [j, pw - j - reach[1]],
          [0, 0],
        ]),
      );
    }
  }
  return [tf.slice4d(dx, [0, top, left, 0], [b, h, w, cin]), tf.reshape(tf.concat(filterTaps, 0), filter.shape)];
}

/** [B, H, W, C] -> [B, H s, W s, C], each pixel at the top left of its s x s square of zeros. */
function spreadPixels(x: tf.Tensor4D, s: number): tf.Tensor4D {
  if (s === 1) return x;
  const [b, h, w, c] = x.shape;
  const columns = tf.pad3d(tf.reshape(x, [b * h, w, c]) as tf.Tensor3D, [
    [0, 0],
    [0, 0],
    [0, (s - 1) * c],
  ]);
  const rows = tf.pad3d(tf.reshape(columns, [b, h, w * s * c]) as tf.Tensor3D, [
    [0, 0],
    [0, 0],
    [0, (s - 1) * w * s * c],
  ]);
  return tf.reshape(rows, [b, h * s, w * s, c]);
}

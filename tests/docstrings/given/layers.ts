import type { AnchorAttentionSpec, BandPassFilterSpec, SpectrumSpaceFormerSpec, WeightsOf } from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import { input as inputOf, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

export { sequential } from '@tensorflow/tfjs-layers';

export const dense: typeof layers.dense = layers.dense;
export const channels = 16;
export const input: SymbolicTensor = inputOf({ shape: [8, 8, 16] });
export const x: tf.Tensor4D = tf.ones([2, 8, 8, 16]);
export const h: tf.Tensor4D = tf.ones([2, 8, 8, 16]);
export const f: tf.Tensor4D = tf.ones([2, 8, 8, 16]);
export const c: tf.Tensor4D = x;
export const e: tf.Tensor4D = x;
export const time: tf.Tensor2D = tf.ones([2, 16]);
export declare const map: tf.Tensor4D;
export declare const weights: WeightsOf<BandPassFilterSpec> & WeightsOf<SpectrumSpaceFormerSpec>;
export declare const logDeviation: WeightsOf<AnchorAttentionSpec>['logDeviation'];
export declare const gate: WeightsOf<AnchorAttentionSpec>['gate'];

import type * as tf from '@tensorflow/tfjs-core';

/** A tensor by the number that page and worker know its data under. */
export interface RemoteTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/** What the page asks of the worker. Each request but `release` and `retain` is answered, in order. */
export type Request =
  | { readonly kind: 'write'; readonly id: number; readonly values: tf.TypedArray; readonly tensor: RemoteTensor }
  | { readonly kind: 'run'; readonly kernel: string; readonly inputs: RemoteInputs; readonly attrs: tf.NamedAttrMap }
  | { readonly kind: 'read'; readonly id: number }
  | { readonly kind: 'retain'; readonly id: number }
  | { readonly kind: 'release'; readonly id: number; readonly force: boolean };

/** By name, or in order where a kernel takes a list. */
export type RemoteInputs = Readonly<Record<string, RemoteTensor>> | readonly RemoteTensor[];

/** What a kernel gave, or why it failed. */
export type RunReply = { readonly outputs: RemoteTensor[]; readonly list: boolean } | { readonly error: string };

/** First message of the worker: it is ready, or cannot be. */
export type Greeting = { readonly kernels: string[] } | { readonly error: string };

/** Layout of the shared answer: [state, bytes] as int32, then the bytes. The state is 0 while the page waits. */
export const HEADER_BYTES = 8;
export const ANSWER_BYTES: number = HEADER_BYTES + 64 * 1024 * 1024;

/** Where the server of the tests answers after `?ms=` milliseconds. */
export const SLEEP_PATH = '/__sleep';

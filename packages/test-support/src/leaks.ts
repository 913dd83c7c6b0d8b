import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** Runs `work` twice (the first call may fill caches) and expects the second to leave no tensor behind. */
export async function expectNoLeak(work: () => void | Promise<void>): Promise<void> {
  await work();
  const before = tf.memory().numTensors;
  await work();
  expect(tf.memory().numTensors).toBe(before);
}

import '@tensorflow/tfjs-layers';
import { startBackend } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseBackend } from './choose-backend.ts';

const inBrowser = typeof document !== 'undefined';
const slow = inBrowser ? 'webgl' : 'cpu';

beforeAll(async () => {
  await startBackend(slow);
  await startBackend('wasm');
});

it('takes the fastest backend and says why', async () => {
  const { name, reason, backends } = await chooseBackend({ candidates: [slow, 'wasm'], budget: 20 });
  expect(tf.getBackend()).toBe(name);
  expect(name).toBe('wasm');
  expect(reason).toBe('wasm is the fastest that can be used');
  const [first, second] = backends;
  expect([first!.name, second!.name]).toEqual(['wasm', slow]);
  expect(first!.gflops).toBeGreaterThan(second!.gflops!);
  expect(first!.reason).toMatch(/GFLOP\/s in a convolution with its gradients/);
});

it('takes the preferred one where it can be used', async () => {
  const { name, reason } = await chooseBackend({ prefer: ['quantum', slow], candidates: [slow, 'wasm'], budget: 5 });
  expect(name).toBe(slow);
  expect(tf.getBackend()).toBe(slow);
  expect(reason).toBe(`${slow} was preferred and can be used; quantum, which was preferred, is not registered`);
});

it('passes over a backend that does not start, computes wrong or lacks a kernel', async () => {
  tf.registerBackend('broken', () => {
    throw new Error('no such device');
  });
  const { conv } = { conv: tf.getKernel('Conv2DBackpropFilter', 'wasm') };
  tf.unregisterKernel('Conv2DBackpropFilter', 'wasm');
  try {
    const lacking = await chooseBackend({ prefer: 'wasm', candidates: [slow, 'wasm', 'broken'], budget: 5 });
    expect(lacking.name).toBe(slow);
    expect(lacking.reason).toMatch(/wasm, which was preferred, cannot be used: lacks the kernel Conv2DBackpropFilter/);
    expect(lacking.reason).toMatch(/register\(\) of @medseg\/backend-wasm adds it/);
    expect(lacking.backends.find(({ name }) => name === 'broken')).toMatchObject({ usable: false });
    const wrong: tf.KernelFunc = (args) => {
      const y = conv.kernelFunc(args) as tf.TensorInfo;
      return tf.add(tf.engine().makeTensorFromTensorInfo(y), 1);
    };
    tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc: wrong });
    const { backends } = await chooseBackend({ candidates: [slow, 'wasm'], budget: 5 });
    expect(backends.find(({ name }) => name === 'wasm')!.reason).toMatch(/computes .* wrong/);
    tf.unregisterKernel('Conv2DBackpropFilter', 'wasm');
  } finally {
    tf.registerKernel(conv);
    tf.removeBackend('broken');
  }
});

it('says so where none can be used, and leaves the backend as it was', async () => {
  await tf.setBackend(slow);
  await expect(chooseBackend({ candidates: ['quantum'] })).rejects.toThrow(
    /no backend can be used \(quantum: is not registered\)/,
  );
  expect(tf.getBackend()).toBe(slow);
});

it('leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  await chooseBackend({ candidates: [slow, 'wasm'], budget: 5 });
  expect(tf.memory().numTensors).toBe(before);
});

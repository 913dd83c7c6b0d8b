import { describeOnBackends, expectNoLeak, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { addValues, readTensors, tensorsFrom } from './host-copy.ts';

const shapes = [[3, 5], [], [17], [2, 1, 3]];
const size = 15 + 1 + 17 + 6;
const arrays = {
  'an array': () => new Float32Array(size),
  'a part of an array': () => new Float32Array(size + 3).subarray(2, size + 2),
  'shared memory': () => new Float32Array(new SharedArrayBuffer(4 * size)),
};

describeOnBackends('copies to and from the host', () => {
  it.each(Object.entries(arrays))('keep every value, through %s', async (_, make) => {
    const tensors = shapes.map((shape, i) => randomTensor(shape, i));
    const expected = tensors.flatMap((tensor) => Array.from(tensor.dataSync()));
    const flat = make();
    await expectNoLeak(() => readTensors(tensors, flat));
    expect(Array.from(flat)).toEqual(expected);
    const copies = tensorsFrom(flat, shapes);
    flat.fill(0); // the tensors have the values, not the array
    expect(copies.map(({ shape }) => shape)).toEqual(shapes);
    expect(copies.flatMap((tensor) => Array.from(tensor.dataSync()))).toEqual(expected);
    await expectNoLeak(() => tf.dispose(tensorsFrom(flat, shapes)));
  });

  it.each(Object.entries(arrays))('add the values of %s', async (_, make) => {
    const tensors = shapes.map((shape, i) => randomTensor(shape, i));
    const flat = make();
    flat.forEach((_, i) => {
      flat[i] = i / 8;
    });
    const before = tensors.flatMap((tensor) => Array.from(tensor.dataSync()));
    const sums = addValues(tensors, flat);
    expect(sums.map(({ shape }) => shape)).toEqual(shapes);
    const expected = before.map((value, i) => Math.fround(value + i / 8));
    expect(sums.flatMap((tensor) => Array.from(tensor.dataSync()))).toEqual(expected);
    expect(tensors.flatMap((tensor) => Array.from(tensor.dataSync()))).toEqual(before);
    await expectNoLeak(() => tf.dispose(addValues(tensors, flat)));
    const other = tf.clone(tensors[0]!); // has the same data, which must stay
    const count = tf.memory().numTensors;
    const reused = addValues(tensors, flat, { reuse: true });
    expect(tf.memory().numTensors).toBe(count);
    expect(tensors.every(({ isDisposed }) => isDisposed)).toBe(true);
    expect(reused.flatMap((tensor) => Array.from(tensor.dataSync()))).toEqual(expected);
    expect(Array.from(other.dataSync())).toEqual(before.slice(0, 15));
  });

  it('add arrays of many values', () => {
    const tensor = randomTensor([3, 40_001], 1);
    const values = Float32Array.from({ length: tensor.size }, (_, i) => Math.sin(i));
    const expected = tensor.dataSync().map((value, i) => value + values[i]!);
    expect(addValues([tensor, tf.zeros([2])], Float32Array.of(...values, 5, 6))[0]!.dataSync()).toEqual(expected);
  });

  it('take as many elements as there are, and no others', () => {
    const tensor = tf.zeros([3]);
    readTensors([], new Float32Array(0));
    expect(tensorsFrom(new Float32Array(0), [])).toEqual([]);
    expect(addValues([], new Float32Array(0))).toEqual([]);
    expect(() => readTensors([tensor], new Float32Array(4))).toThrow(/readTensors: .* 3 elements .* got 4/);
    expect(() => tensorsFrom(new Float32Array(2), [[3]])).toThrow(/tensorsFrom: .* 3 elements .* got 2/);
    expect(() => addValues([tensor], new Float32Array(2))).toThrow(/addValues: .* 3 elements .* got 2/);
  });
});

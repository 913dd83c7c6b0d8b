import { describeOnBackends, expectNoLeak } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { dispose, mapTensors, tidy } from './tensor-tree.ts';

const value = (tensor: tf.Tensor): number => tensor.dataSync()[0]!;

describeOnBackends('trees of tensors', () => {
  it('tidy keeps every tensor of a nested result and nothing else', async () => {
    await expectNoLeak(() => {
      const before = tf.memory().numTensors;
      const result = tidy(() => {
        const [one, two, three] = [1, 2, 3].map((x) => tf.mul(tf.scalar(x), 10));
        return { one, list: [[two], { three }], map: new Map([['four', tf.scalar(40)]]), name: 'x', none: null };
      });
      expect(tf.memory().numTensors - before).toBe(4);
      const { three } = result.list[1] as { three: tf.Tensor };
      expect(
        [result.one, (result.list[0] as tf.Tensor[])[0]!, three, result.map.get('four')!].map((x) => value(x!)),
      ).toEqual([10, 20, 30, 40]);
      expect([result.name, result.none]).toEqual(['x', null]);
      dispose([result.one, result.list as tf.Tensor[][], result.map]);
    });
  });

  it('tidy keeps its results through an outer tidy only where that returns them', () => {
    const before = tf.memory().numTensors;
    const kept = tidy(() => {
      const inner = tidy(() => ({ a: tf.scalar(1), b: tf.scalar(2) }));
      return inner.a;
    });
    expect(tf.memory().numTensors - before).toBe(1);
    expect(value(kept)).toBe(1);
    kept.dispose();
  });

  it('tidy leaves large arrays and cycles alone, disposes after an error and refuses a promise', async () => {
    interface Node {
      self?: Node;
      readonly values: Float32Array;
    }
    const node: Node = { values: new Float32Array(1e6) };
    node.self = node;
    expect(tidy(() => node)).toBe(node);
    await expectNoLeak(() => {
      expect(() =>
        tidy(() => {
          tf.scalar(1);
          throw new Error('broken');
        }),
      ).toThrow('broken');
      expect(() => tidy(async () => tf.scalar(1))).toThrow('tidy: fn must return its result, got a promise');
    });
  });

  it('dispose takes empty places, and a tensor that is there twice', async () => {
    await expectNoLeak(() => {
      const x = tf.scalar(1);
      dispose({ x, again: [x, undefined, null], map: new Map([['x', x]]) });
      expect(x.isDisposed).toBe(true);
    });
  });

  it('mapTensors keeps the form of a tree', async () => {
    await expectNoLeak(() => {
      const tree = { x: tf.scalar(1), list: [tf.scalar(2), null], map: new Map([['y', tf.scalar(3)]]) };
      const doubled = tidy(() => mapTensors(tree, (tensor) => tf.mul(tensor, 2)));
      expect([value(doubled.x), value(doubled.list[0]!), value(doubled.map.get('y')!)]).toEqual([2, 4, 6]);
      expect(doubled.list[1]).toBeNull();
      dispose([tree, doubled]);
    });
  });
});

import { dispose } from '@medseg/ops';
import { describeOnBackends, expectNoLeak } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { repeatCondition } from './repeat-condition.ts';

describeOnBackends('repeatCondition', () => {
  it('repeats the rows of tensors of any rank, wherever they are', async () => {
    await expectNoLeak(() => {
      const condition = {
        labels: tf.tensor1d([3, 7], 'int32'),
        list: [
          tf.tensor2d([
            [1, 2],
            [3, 4],
          ]),
        ],
        volume: tf.tensor5d([1, 2], [2, 1, 1, 1, 1]),
        absent: undefined,
      };
      const repeated = repeatCondition(condition, 2);
      expect([...repeated.labels.dataSync()]).toEqual([3, 3, 7, 7]);
      expect(repeated.labels.dtype).toBe('int32');
      expect(repeated.list[0]!.arraySync()).toEqual([
        [1, 2],
        [1, 2],
        [3, 4],
        [3, 4],
      ]);
      expect([repeated.volume.shape, [...repeated.volume.dataSync()]]).toEqual([
        [4, 1, 1, 1, 1],
        [1, 1, 2, 2],
      ]);
      expect(repeated.absent).toBeUndefined();
      dispose([condition, repeated]);
    });
  });
});

import type { TrainedInfo } from '@medseg/pipeline';
import { expect, it } from 'vitest';
import { machineRows } from './machine-rows.ts';

it('says from which step on a run was trained with something else', () => {
  const info = {
    kind: 'trained',
    machine: { backend: 'wasm', cores: 2, node: 'v20' },
    resumed: [
      { step: 40, machine: { backend: 'native', cores: 2, node: 'v20', medseg: '2' } },
      { step: 90, machine: { backend: 'wasm', cores: 8, node: 'v20', medseg: '2' } },
    ],
  } as unknown as TrainedInfo;
  expect(machineRows(info)).toEqual({
    backend: 'wasm, from step 41 on native, from step 91 on wasm',
    cores: '2, from step 91 on 8',
    node: 'v20',
    medseg: 'from step 41 on 2',
  });
  expect(machineRows({ ...info, resumed: undefined } as unknown as TrainedInfo)).toEqual(info.machine);
});

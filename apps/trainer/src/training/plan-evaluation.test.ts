import type { Case } from '@medseg/datasets';
import { type ConfigInput, type Run, resolveConfig } from '@medseg/pipeline';
import { expect, it } from 'vitest';
import { finalCases, planEvaluation } from './plan-evaluation.ts';

function runWith(more: ConfigInput): Run {
  const config = resolveConfig({ data: { dir: 'd', layout: 'folder' }, training: { workers: 2 }, ...more });
  return {
    trained: { config },
    defaults: config,
    info: { kind: 'trained', config, preparation: {} },
    store: {},
  } as unknown as Run;
}

const caseOf = (id: string, size: number[]): Case =>
  ({ id, patient: id, images: [], masks: [], facts: { size } }) as unknown as Case;
const volumes = ['a', 'b'].map((id) => caseOf(id, [64, 64, 30]));
const images = ['c', 'd', 'e'].map((id) => caseOf(id, [64, 64]));

it('scores the test part, and the validation part only where there is no other', () => {
  expect(finalCases({ validation: images, test: volumes })).toEqual({ cases: volumes, split: 'test' });
  expect(finalCases({ validation: images, test: [] })).toEqual({ cases: images, split: 'validation' });
  expect(planEvaluation(runWith({}), { validation: [], test: [] }, () => 0)).toBeUndefined();
});

it('announces what will be scored, and estimates it from the validations that draw', () => {
  const plan = planEvaluation(runWith({}), { validation: [], test: volumes }, () => 60)!;
  expect(plan.announcement).toBe(
    'after training, 2 test volumes (60 slices) are scored with 3 members of 3 steps each',
  );
  plan.note('encoder', 100);
  expect(plan.estimate()).toBeUndefined();
  plan.note('denoiser', 1);
  expect(plan.estimate()).toBe('about 1m 30s'); // 60 slices of 3 members, a second each, on two threads
});

it('follows the configuration', () => {
  const more = planEvaluation(
    runWith({ evaluation: { members: 8, steps: 2 } }),
    { validation: images, test: [] },
    () => 3,
  );
  expect(more!.announcement).toBe('after training, 3 validation images are scored with 8 members of 2 steps each');
  const fast = planEvaluation(runWith({ evaluation: { fast: true } }), { validation: [], test: volumes }, () => 60)!;
  expect(fast.announcement).toBe('after training, 2 test volumes (60 slices) are scored by the anchor alone');
  fast.note('encoder', 0.1);
  expect(fast.estimate()).toBe('about 3s');
});

it('reckons with validations of fewer steps, and says that a plain U-Net samples nothing', () => {
  const slow = runWith({ network: { name: 'lucidrains' }, sampling: { members: 2 } });
  const plan = planEvaluation(slow, { validation: [], test: images }, () => 3)!;
  plan.note('denoiser', 1);
  expect(plan.estimate()).toBe('about 15s'); // 3 images of 2 members, 50 steps where a validation had 10, on two threads
  const unet = planEvaluation(runWith({ network: { name: 'unet' } }), { validation: [], test: images }, () => 3)!;
  expect(unet.announcement).toBe('after training, 3 test images are scored by the plain U-Net, which samples nothing');
});

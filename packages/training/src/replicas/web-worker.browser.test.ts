import { cosineSchedule } from '@medseg/diffusion';
import { startBackend } from '@medseg/test-support';
import { webWorkerEndpoint } from '@medseg/workers';
import { beforeAll, expect, it } from 'vitest';
import { discBatch, smallTrainer } from '../small-trainer.fixture.ts';
import { train } from '../train.ts';
import { ReplicaGroup } from './replica-group.ts';

beforeAll(() => startBackend('wasm'));

async function run(names: string[], share?: boolean): Promise<{ losses: number[]; deaths: string[] }> {
  const trainer = smallTrainer();
  const endpoints = names.map((name) => {
    const address = new URL('./web-replica.fixture.ts', import.meta.url);
    address.hash = name;
    return webWorkerEndpoint(new Worker(address, { type: 'module' }));
  });
  const deaths: string[] = [];
  const group = await ReplicaGroup.start(trainer.model, endpoints, {
    schedule: cosineSchedule({ steps: 1000 }),
    activation: 'softmax',
    onDeath: (_, reason) => void deaths.push(reason),
    ...(share !== undefined && { share }),
  });
  const losses: number[] = [];
  const events = train(trainer, {
    budget: { steps: 6 },
    batchAt: (step) => discBatch(step, 5),
    encoderShare: 0.5,
    replicas: group,
  });
  for await (const { loss } of events) losses.push(loss);
  await group.dispose();
  trainer.dispose();
  return { losses, deaths };
}

it.each([true, false])('web workers train as one thread does (shared memory: %s)', async (share) => {
  expect(crossOriginIsolated).toBe(true);
  const alone = await run([]);
  const { losses, deaths } = await run(['a', 'b'], share);
  losses.forEach((loss, i) => {
    expect(Math.abs(loss / alone.losses[i]! - 1)).toBeLessThan(1e-5);
  });
  expect(deaths).toEqual([]);
});

it('a web worker that throws is reported and its share is computed here', async () => {
  const whole = await run(['a', 'b']);
  const { losses, deaths } = await run(['doomed', 'b']);
  expect(losses).toEqual(whole.losses);
  expect(deaths).toHaveLength(1);
  expect(deaths[0]).toMatch(/a broken worker/);
});

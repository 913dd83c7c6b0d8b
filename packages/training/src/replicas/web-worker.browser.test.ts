import { startBackend } from '@medseg/test-support';
import { countFrames } from '@medseg/test-support/count-frames';
import { type WorkerEndpoint, webWorkerEndpoint } from '@medseg/workers';
import { beforeAll, expect, it } from 'vitest';
import { discBatch, largeBatch, largeTrainer, smallTrainer } from '../small-trainer.fixture.ts';
import { train } from '../train.ts';
import { ReplicaGroup, type ReplicaGroupOptions } from './replica-group.ts';

beforeAll(() => startBackend('wasm'));

function workerCalled(name: string): WorkerEndpoint {
  const address = new URL('./web-replica.fixture.ts', import.meta.url);
  address.hash = name;
  return webWorkerEndpoint(new Worker(address, { type: 'module' }));
}

async function run(
  names: string[],
  options: Partial<ReplicaGroupOptions> = {},
): Promise<{ losses: number[]; deaths: string[] }> {
  const trainer = smallTrainer();
  const endpoints = names.map(workerCalled);
  const deaths: string[] = [];
  const group = await ReplicaGroup.start(trainer.recipe, endpoints, {
    onDeath: (_, reason) => void deaths.push(reason),
    ...options,
  });
  const losses: number[] = [];
  const events = train(trainer, {
    budget: { steps: 6 },
    batchAt: (step) => discBatch(step, 5),
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
  const { losses, deaths } = await run(['a', 'b'], { share });
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

it('one web worker that has every share trains to the last bit as the page does', async () => {
  expect((await run(['a'], { local: false })).losses).toEqual((await run([])).losses);
});

it('a page draws at least ten frames a second while web workers train, and its abort is heard within one step', async () => {
  const trainer = largeTrainer(1, 0.02); // two steps of the encoder, then the denoiser
  const group = await ReplicaGroup.start(trainer.recipe, [workerCalled('large')], {
    local: false,
  });
  const abort = new AbortController();
  const events = train(trainer, {
    budget: { steps: 100 },
    batchAt: (step) => largeBatch(step, 16),
    replicas: group,
    signal: abort.signal,
  });
  for (let step = 0; step < 3; step++) await events.next(); // compiled from here on
  let steps = 0;
  let atAbort = -1;
  const { perSecond, seconds } = await countFrames(async () => {
    setTimeout(() => {
      atAbort = steps;
      abort.abort();
    }, 4000);
    for await (const _ of events) steps++;
  });
  await group.dispose();
  trainer.dispose();
  expect(seconds).toBeGreaterThan(3.9);
  expect(steps).toBeGreaterThan(1);
  expect(steps - atAbort).toBeLessThanOrEqual(1);
  expect(perSecond).toBeGreaterThanOrEqual(10);
});

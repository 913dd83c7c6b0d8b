import { expect, it } from 'vitest';
import { nextTask } from './next-task.ts';

it('lets timers run between two steps of a loop that never waits for one', async () => {
  let rang = false;
  setTimeout(() => {
    rang = true;
  }, 0);
  const until = performance.now() + 2000;
  let loops = 0;
  while (!rang && performance.now() < until) {
    await Promise.resolve();
    if (++loops % 1000 === 0) await nextTask();
  }
  expect(rang).toBe(true);
});

it('resolves everyone who waits, in order', async () => {
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((n) => nextTask().then(() => order.push(n))));
  expect(order).toEqual([1, 2, 3]);
});

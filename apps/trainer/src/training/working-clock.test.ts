import { expect, it } from 'vitest';
import { workingClock } from './working-clock.ts';

/** A clock, and a process that works or stands still; the times that it stood still are noted. */
function process(): { work(ms: number, threads?: number): number; stop(ms: number): void; still: number[] } {
  let [wall, cpu] = [1000, 50];
  const still: number[] = [];
  const now = workingClock({ wall: () => wall, cpu: () => cpu, onStill: (ms) => still.push(ms) });
  const start = now();
  return {
    still,
    work: (ms, threads = 1) => {
      wall += ms;
      cpu += ms * threads;
      return now() - start;
    },
    stop: (ms) => {
      wall += ms;
    },
  };
}

it('counts work, in long steps and on any number of threads', () => {
  const { work, still } = process();
  expect(work(100)).toBe(100);
  expect(work(20_000, 16)).toBe(20_100);
  expect(work(280_000, 1)).toBe(300_100); // a validation, on one thread
  expect(still).toEqual([]);
});

it('does not count the time in which the process was stopped', () => {
  const { work, stop, still } = process();
  work(1000);
  stop(20_000);
  expect(work(100)).toBe(1100);
  expect(still).toEqual([20_000]);
  stop(4000); // too short to be told from anything else
  expect(work(100)).toBe(5200);
});

it('knows what share of the processor is usual, as where a graphics card computes', () => {
  const { work, stop } = process();
  for (let i = 0; i < 10; i++) work(6000, i === 0 ? 1 : 0.6);
  expect(work(10_000, 0.55)).toBe(70_000);
  stop(60_000);
  expect(work(600, 0.6)).toBeLessThan(71_500);
});

it('counts everything before anything is known', () => {
  const { stop, work } = process();
  stop(10_000);
  expect(work(0)).toBe(10_000);
});

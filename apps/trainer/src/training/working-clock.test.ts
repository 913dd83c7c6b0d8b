import { afterEach, expect, it, vi } from 'vitest';
import { workingClock } from './working-clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A clock, and a process that works, waits or stands still; the times that it stood still are noted. */
function process(): {
  work(ms: number, threads?: number): number;
  wait(ms: number): void;
  stop(ms: number): void;
  still: number[];
} {
  vi.useFakeTimers();
  let [wall, cpu] = [1000, 50];
  const still: number[] = [];
  const clock = workingClock({ wall: () => wall, cpu: () => cpu, onStill: (ms) => still.push(ms) });
  const start = clock.now();
  return {
    still,
    work: (ms, threads = 1) => {
      wall += ms;
      cpu += ms * threads;
      return clock.now() - start;
    },
    wait: (ms) => {
      for (let passed = 0; passed < ms; passed += 100) {
        wall += 100;
        vi.advanceTimersByTime(100);
      }
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

it('counts the time in which the process waited, as for a thread that does not answer', () => {
  const { work, wait, still } = process();
  work(1000);
  wait(60_000);
  expect(work(100)).toBe(61_100);
  expect(still).toEqual([]);
});

it('does not count the time in which a process was stopped that waited before and after', () => {
  const { work, wait, stop, still } = process();
  work(1000);
  wait(10_000);
  stop(20_000);
  wait(10_000);
  expect(work(100)).toBe(20_100);
  expect(still).toEqual([21_000]); // until the next look: the timers of this test do not catch up
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

it('looks no more once it is stopped', () => {
  vi.useFakeTimers();
  const clock = workingClock();
  expect(vi.getTimerCount()).toBe(1);
  clock.stop();
  expect(vi.getTimerCount()).toBe(0);
});

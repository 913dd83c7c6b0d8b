import { afterEach, beforeEach, expect, it } from 'vitest';
import { orAborted } from './or-aborted.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => void process.on('unhandledRejection', note));
afterEach(() => {
  process.off('unhandledRejection', note);
  unhandled.length = 0;
});

it('gives what the work gives, and throws what it throws', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(async () => 5, signal)).toBe(5);
  expect(await orAborted(async () => 6, undefined)).toBe(6);
  await expect(orAborted(() => Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
});

it('throws at the abort, and lets nothing be thrown behind it', async () => {
  const controller = new AbortController();
  const work = (): Promise<never> =>
    new Promise((_, reject) => {
      controller.signal.addEventListener('abort', () => setTimeout(() => reject(new Error('late')), 1));
    });
  const running = orAborted(work, controller.signal);
  controller.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await turn();
  expect(unhandled).toEqual([]);
});

it('does not begin where the signal is aborted already', async () => {
  let begun = 0;
  const work = async (): Promise<never> => {
    begun++;
    throw new Error('work that nobody waits for');
  };
  await expect(orAborted(work, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  await turn();
  expect([begun, unhandled]).toEqual([0, []]);
});

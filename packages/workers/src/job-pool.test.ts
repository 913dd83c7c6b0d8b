import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobPool } from './job-pool.ts';
import { nodeWorkerEndpoint } from './node-worker.ts';

interface Job {
  readonly value: number;
  readonly fault?: 'exit' | 'throw' | 'hang' | 'spin' | 'fail';
  /** Signs of life before the answer, one in 200 ms. */
  readonly signs?: number;
}
interface Answer {
  readonly value: number;
  readonly elsewhere: boolean;
}

const pools: JobPool<Job, Answer>[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.dispose()));
});

function startPool(threads: number, patience?: number): { pool: JobPool<Job, Answer>; deaths: string[] } {
  const deaths: string[] = [];
  const script = new URL('./job-thread.fixture.mjs', import.meta.url);
  const endpoints = Array.from({ length: threads - 1 }, () => nodeWorkerEndpoint(new Worker(script)));
  const pool = new JobPool<Job, Answer>(endpoints, {
    onDeath: (worker, reason) => void deaths.push(`${worker}: ${reason}`),
    ...(patience !== undefined && { patience }),
  });
  pools.push(pool);
  return { pool, deaths };
}

const here = async ({ value }: Job): Promise<Answer> => ({ value: 2 * value, elsewhere: false });
const jobs = (count: number, fault?: Job['fault']): Job[] =>
  Array.from({ length: count }, (_, value) => ({ value, ...(fault && value % 4 === 2 && { fault }) }));
/** Does jobs on this thread, but none before the others have come so far. */
const after =
  (others: () => boolean) =>
  async ({ value }: Job): Promise<Answer> => {
    while (!others()) await new Promise((resolve) => setTimeout(resolve, 5));
    return { value: 2 * value, elsewhere: false };
  };
const doubles = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i);

describe('JobPool', () => {
  it('answers every job in order, with the help of others, call after call', async () => {
    let told = 0;
    let helped = 0;
    const { pool, deaths } = startPool(3);
    for (let call = 0; call < 3; call++) {
      const answers = await pool.run(jobs(30), { local: after(() => told % 30 > 0), done: () => void told++ });
      expect(answers.map(({ value }) => value)).toEqual(doubles(30));
      helped += answers.filter(({ elsewhere }) => elsewhere).length;
    }
    expect(told).toBe(90);
    expect(helped).toBeGreaterThanOrEqual(3);
    expect(deaths).toEqual([]);
    expect(await pool.run([], { local: here })).toEqual([]);
  });

  it.each([
    ['exit', /exit code 3/],
    ['throw', /out of luck/],
    ['fail', /no memory/],
    ['hang', /no sign of life within 1 s/],
    ['spin', /no sign of life within 1 s/],
  ] as const)('reports threads that %s, and does their jobs elsewhere', async (fault, reason) => {
    const isSilent = fault === 'hang' || fault === 'spin';
    const { pool, deaths } = startPool(3, isSilent ? 1000 : undefined);
    const answers = await pool.run(jobs(40, fault), { local: after(() => deaths.length === 2) });
    expect(answers.map(({ value }) => value)).toEqual(doubles(40));
    expect(deaths.map((death) => death[0]).sort()).toEqual(['1', '2']);
    for (const death of deaths) expect(death).toMatch(reason);
    expect(pool.size).toBe(1);
    // It goes on alone.
    expect((await pool.run(jobs(3), { local: here })).map(({ elsewhere }) => elsewhere)).toEqual([false, false, false]);
  });

  it('does not take for silent a thread that answered while this one was at work', async () => {
    const blocking = async ({ value }: Job): Promise<Answer> => {
      const until = performance.now() + 4400; // long beside what a trivial job takes on a machine with much else to do
      while (performance.now() < until);
      return { value: 2 * value, elsewhere: false };
    };
    const { pool, deaths } = startPool(2, 4000);
    const answers = await pool.run(jobs(2), { local: blocking });
    expect(deaths).toEqual([]);
    expect(answers).toEqual([
      { value: 0, elsewhere: false },
      { value: 2, elsewhere: true },
    ]);
  });

  it('lets a thread work for longer than its patience while it shows life, and no longer', async () => {
    const { pool, deaths } = startPool(2, 3000);
    const slow = [{ value: 0 }, { value: 1, signs: 20 }];
    const answers = await pool.run(slow, { local: here });
    expect(answers).toEqual([
      { value: 0, elsewhere: false },
      { value: 2, elsewhere: true },
    ]);
    expect(deaths).toEqual([]);
    const stuck = [{ value: 0 }, { value: 1, signs: 3, fault: 'spin' as const }];
    expect((await pool.run(stuck, { local: here })).map(({ elsewhere }) => elsewhere)).toEqual([false, false]);
    expect(deaths).toEqual(['1: it gave no sign of life within 3 s']);
  });

  it('waits for twenty times as long as this thread itself was silent in a job', async () => {
    const now = performance.now.bind(performance);
    let passed = 0;
    const pass = async (milliseconds: number): Promise<void> => {
      passed += milliseconds;
      vi.advanceTimersByTime(milliseconds);
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(performance, 'now').mockImplementation(() => now() + passed);
    try {
      const { pool, deaths } = startPool(2);
      let first = true;
      const answers = pool.run(
        jobs(2).map((job) => ({ ...job, fault: 'hang' as const })),
        {
          local: async ({ value }, alive) => {
            if (first) {
              passed += 10_000;
              alive();
              passed += 100_000; // a long step; no timer runs meanwhile
              alive();
              passed += 1000;
            }
            first = false;
            return { value: 2 * value, elsewhere: false };
          },
        },
      );
      while (first) await new Promise((resolve) => setImmediate(resolve));
      await pass(1_950_000); // counted from when this thread can hear again
      expect(deaths).toEqual([]);
      await pass(60_000);
      expect(deaths).toEqual(['1: it gave no sign of life within 2000 s']);
      expect((await answers).map(({ value }) => value)).toEqual(doubles(2));
    } finally {
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  });

  it('gives every answer in its place, whatever befalls the other threads', { timeout: 120_000 }, async () => {
    const fault = fc.constantFrom(undefined, undefined, undefined, 'exit', 'throw', 'fail', 'hang', 'spin');
    const job = fc.record({ fault, signs: fc.constantFrom(0, 0, 0, 4) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(job, { maxLength: 12 }), async (threads, plan) => {
        const { pool, deaths } = startPool(threads, 600);
        const given = plan.map(({ fault, signs }, value): Job => ({ value, signs, ...(fault && { fault }) }));
        const told: number[] = [];
        const answers = await pool.run(given, { local: here, done: (_, place) => void told.push(place) });
        expect(answers.map(({ value }) => value)).toEqual(doubles(plan.length));
        expect(told.sort((a, b) => a - b)).toEqual([...plan.keys()]);
        expect(new Set(deaths.map((death) => death[0])).size).toBe(deaths.length);
        expect(pool.size).toBe(threads - deaths.length);
        await pool.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it('throws what a job throws on this thread', async () => {
    const { pool } = startPool(1);
    const local = async (): Promise<Answer> => Promise.reject(new RangeError('a bad file'));
    await expect(pool.run(jobs(2), { local })).rejects.toThrow(new RangeError('a bad file'));
  });
});

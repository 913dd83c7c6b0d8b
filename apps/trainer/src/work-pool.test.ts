import { afterEach, describe, expect, it } from 'vitest';
import { WorkPool } from './work-pool.ts';

interface Job {
  readonly value: number;
  readonly fault?: 'exit' | 'throw' | 'hang' | 'fail';
}
interface Answer {
  readonly value: number;
  readonly elsewhere: boolean;
}

const pools: WorkPool<Job, Answer>[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.dispose()));
});

function startPool(threads: number, patience?: number): { pool: WorkPool<Job, Answer>; deaths: string[] } {
  const deaths: string[] = [];
  const pool = new WorkPool<Job, Answer>({
    threads,
    script: new URL('./testing/pool-thread.mjs', import.meta.url),
    onDeath: (thread, reason) => void deaths.push(`${thread}: ${reason}`),
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

describe('WorkPool', () => {
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
    ['hang', /no answer within 1 s/],
  ] as const)('tells of threads that %s, and does their jobs elsewhere', async (fault, reason) => {
    const { pool, deaths } = startPool(3, 1000);
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
      const until = performance.now() + 1200;
      while (performance.now() < until);
      return { value: 2 * value, elsewhere: false };
    };
    const { pool, deaths } = startPool(2, 1000);
    const answers = await pool.run(jobs(4), { local: blocking });
    expect(answers.map(({ value }) => value)).toEqual(doubles(4));
    expect(answers.some(({ elsewhere }) => elsewhere)).toBe(true);
    expect(deaths).toEqual([]);
  });

  it('throws what a job throws on this thread', async () => {
    const { pool } = startPool(1);
    const local = async (): Promise<Answer> => Promise.reject(new RangeError('a bad file'));
    await expect(pool.run(jobs(2), { local })).rejects.toThrow(new RangeError('a bad file'));
  });
});

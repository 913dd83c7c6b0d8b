import { localEndpoint } from '@medseg/test-support/local-endpoint';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WorkerEndpoint, WorkerPort } from './endpoint.ts';
import { Patience } from './patience.ts';
import { serveWorker } from './serve-worker.ts';
import { WorkerClient } from './worker-client.ts';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const doubling = (port: WorkerPort): void => {
  const double = async (question: number): Promise<number> => {
    await sleep(question);
    if (question === 13) throw new RangeError('bad luck');
    return 2 * question;
  };
  void serveWorker(port, () => double, { concurrent: true });
};

afterEach(() => void vi.useRealTimers());

describe('WorkerClient', () => {
  it('gives each question its answer, in whatever order they come', async () => {
    const client = new WorkerClient<number, number>(localEndpoint(doubling));
    expect(client.isReady).toBe(false);
    expect(await client.ready).toBe(true);
    const order: number[] = [];
    const answers = [60, 30, 1].map(async (question) => {
      const answer = await client.ask(question);
      order.push(answer);
      return answer;
    });
    expect(client.outstanding).toBe(3);
    expect(await Promise.all(answers)).toEqual([120, 60, 2]);
    expect(order).toEqual([2, 60, 120]);
    expect(client.outstanding).toBe(0);
    await client.end();
  });

  it('hears how far each answer has come', async () => {
    const counting = localEndpoint((port) => {
      const count = async (to: number, _: () => void, progress: (n: number) => void): Promise<number> => {
        for (let n = 1; n <= to; n++) {
          await sleep(1);
          progress(n);
        }
        return to;
      };
      void serveWorker<number, number, never, number>(port, () => count, { concurrent: true });
    });
    const client = new WorkerClient<number, number, never, number>(counting);
    const heard: number[][] = [[], []];
    const asked = [2, 4].map((to, i) => client.ask(to, [], (n) => void heard[i]!.push(n)));
    expect(await Promise.all([...asked, client.ask(1)])).toEqual([2, 4, 1]);
    expect(heard).toEqual([
      [1, 2],
      [1, 2, 3, 4],
    ]);
    await client.end();
  });

  it('rejects what is outstanding where the worker dies, and reports that once', async () => {
    const deaths: string[] = [];
    const endpoint = localEndpoint(doubling);
    const client = new WorkerClient<number, number>(endpoint, { onDeath: (reason) => void deaths.push(reason) });
    const asked = client.ask(1000);
    endpoint.kill('power cut');
    endpoint.kill('exit code 1');
    await expect(asked).rejects.toThrow('power cut');
    await expect(client.ask(1)).rejects.toThrow('power cut');
    expect(deaths).toEqual(['power cut']);
    expect(client.alive).toBe(false);
    expect(await client.ready).toBe(false);
  });

  it('dies of a question that fails', async () => {
    const deaths: string[] = [];
    const client = new WorkerClient<number, number>(localEndpoint(doubling), {
      onDeath: (reason) => void deaths.push(reason),
    });
    const answers = await Promise.allSettled([client.ask(13), client.ask(500)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(deaths).toEqual(['bad luck']);
  });

  it('throws for a message that cannot be sent, and lives on', async () => {
    const client = new WorkerClient<unknown, number>(localEndpoint(doubling));
    await client.ready;
    const endpoint: WorkerEndpoint = {
      post: (message) => void structuredClone(message),
      listen: () => {},
      terminate: async () => {},
    };
    const strict = new WorkerClient<unknown, number>(endpoint);
    await expect(strict.ask(() => {})).rejects.toThrow(/could not be cloned/);
    expect(strict.outstanding).toBe(0);
    expect(strict.alive).toBe(true);
    await Promise.all([client.end(), strict.end()]);
  });

  it('does not count the time in which this thread cannot hear', async () => {
    const deaths: string[] = [];
    const client = new WorkerClient<number, number>(localEndpoint(doubling), {
      patience: new Patience(300),
      onDeath: (reason) => void deaths.push(reason),
    });
    await client.ready;
    const answer = client.ask(20);
    for (const end = performance.now() + 1000; performance.now() < end; );
    expect(await answer).toBe(40);
    await sleep(400); // idle: silence is fine
    expect(await client.ask(1)).toBe(2);
    await expect(client.ask(5000)).rejects.toThrow('it gave no sign of life within 0.3 s');
    expect(deaths).toEqual(['it gave no sign of life within 0.3 s']);
  });

  it('learns patience from the longest silence that ended well', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const patience = new Patience();
    const deaths: string[] = [];
    const options = { patience, onDeath: (reason: string) => void deaths.push(reason) };
    const client = new WorkerClient<number, number>(localEndpoint(doubling), options);
    await vi.advanceTimersByTimeAsync(10);
    const slow = client.ask(50_000);
    await vi.advanceTimersByTimeAsync(51_000);
    expect(await slow).toBe(100_000);
    expect(patience.milliseconds).toBeGreaterThanOrEqual(20 * 49_000);
    expect(patience.milliseconds).toBeLessThanOrEqual(20 * 51_000);
    const slower = client.ask(900_000);
    await vi.advanceTimersByTimeAsync(901_000);
    expect(await slower).toBe(1_800_000);
    expect(deaths).toEqual([]);
  });

  it('gives up a worker that cannot be stopped, and says so', async () => {
    const abandoned = vi.fn();
    const endpoint: WorkerEndpoint = {
      post: () => {},
      listen: () => {},
      terminate: () => new Promise(() => {}),
      abandon: abandoned,
    };
    const stuck: string[] = [];
    const client = new WorkerClient<number, number>(endpoint, {
      closeWithin: 50,
      endWithin: 200,
      onStuck: (reason) => void stuck.push(reason),
    });
    const asked = expect(client.ask(1)).rejects.toThrow('the worker was ended');
    const [ending, again] = await Promise.all([client.end(), client.end()]);
    expect(ending.how).toBe('stuck');
    expect(ending.milliseconds).toBeGreaterThan(150);
    expect(ending.milliseconds).toBeLessThan(5000);
    expect(again).toBe(ending);
    expect(stuck).toEqual(['it could not be stopped within 0.2 s']);
    expect(abandoned).toHaveBeenCalledOnce();
    await asked;
  });

  it.each([
    ['terminate rejects', { terminate: () => Promise.reject(new Error('no')) }],
    [
      'terminate throws',
      {
        terminate: () => {
          throw new Error('no');
        },
      },
    ],
    [
      'nothing can be posted',
      {
        post: () => {
          throw new Error('closed');
        },
      },
    ],
  ])('ends without an error where %s', async (_, faults) => {
    const endpoint: WorkerEndpoint = { post: () => {}, listen: () => {}, terminate: async () => {}, ...faults };
    const client = new WorkerClient<number, number>(endpoint, { closeWithin: 20, endWithin: 100 });
    const { how } = await client.end();
    expect(how).toBe('terminate' in faults ? 'stuck' : 'terminated');
  });
});

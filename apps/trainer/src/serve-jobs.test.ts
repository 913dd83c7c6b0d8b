import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { serveJobs } from './serve-jobs.ts';
import type { DoJob, ThreadReply } from './work-pool.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** Serves jobs on this thread; what was replied so far, and the port to give jobs to. */
async function serve(work: DoJob<number, string>): Promise<{ replies: ThreadReply<string>[]; port: MessagePort }> {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const replies: ThreadReply<string>[] = [];
  port1.on('message', (reply: ThreadReply<string>) => void replies.push(reply));
  await serveJobs(async () => work, port2);
  await once(port1, 'message');
  return { replies, port: port1 };
}

describe('serveJobs', () => {
  it('tells a few times a second that a job advances, however often it does', async () => {
    const { replies, port } = await serve(async (seconds, alive) => {
      const end = performance.now() + 1000 * seconds;
      while (performance.now() < end) alive(); // leaves no turn to the event loop
      return `worked for ${seconds} s`;
    });
    expect(replies).toEqual([{ kind: 'ready' }]);
    port.postMessage(2);
    while (replies.at(-1)?.kind !== 'done') await once(port, 'message');
    const signs = replies.slice(1, -1);
    expect(new Set(signs.map(({ kind }) => kind))).toEqual(new Set(['alive']));
    expect(signs.length).toBeGreaterThanOrEqual(1);
    expect(signs.length).toBeLessThanOrEqual(4);
    expect(replies.at(-1)).toEqual({ kind: 'done', answer: 'worked for 2 s' });
  });

  it('keeps silent in a job that does not advance, answers in order, and says why it cannot go on', async () => {
    const { replies, port } = await serve(async (job) => {
      await new Promise((resolve) => setTimeout(resolve, 20 * (3 - job)));
      if (job === 2) throw new RangeError('a bad slice');
      return `job ${job}`;
    });
    for (const job of [0, 1, 2]) port.postMessage(job);
    while (replies.length < 4) await once(port, 'message');
    expect(replies).toEqual([
      { kind: 'ready' },
      { kind: 'done', answer: 'job 0' },
      { kind: 'done', answer: 'job 1' },
      { kind: 'failed', reason: 'a bad slice' },
    ]);
  });

  it('is refused on a thread that nobody gives jobs to', async () => {
    await expect(serveJobs(async () => async () => '', null)).rejects.toThrow('only inside a worker thread');
  });
});

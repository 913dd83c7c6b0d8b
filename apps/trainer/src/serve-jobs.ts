import { parentPort } from 'node:worker_threads';
import type { ThreadReply } from './work-pool.ts';

/**
 * Inside a thread of a WorkPool: answers its jobs one after another. `prepare` gives what does them once it is ready.
 * The first that throws ends the thread.
 */
export async function serveJobs<Job, Answer>(prepare: () => Promise<(job: Job) => Promise<Answer>>): Promise<void> {
  const port = parentPort;
  if (port === null) throw new TypeError('serveJobs: only inside a worker thread');
  const reply = (message: ThreadReply<Answer>): void => port.postMessage(message);
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      reply({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  };
  await guarded(async () => {
    const work = await prepare();
    let last: Promise<void> = Promise.resolve();
    port.on('message', (job: Job) => {
      last = last.then(() => guarded(async () => reply({ kind: 'done', answer: await work(job) })));
    });
    reply({ kind: 'ready' });
  });
}

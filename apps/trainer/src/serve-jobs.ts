import { type MessagePort, parentPort } from 'node:worker_threads';
import type { DoJob, ThreadReply } from './work-pool.ts';

/** Milliseconds between two signs of life of a job. */
const SIGN_INTERVAL = 500;

/**
 * Inside a thread of a WorkPool: answers its jobs one after another, and lets the pool know now and then that a job
 * advances. `prepare` gives what does them once it is ready. The first that throws ends the thread.
 */
export async function serveJobs<Job, Answer>(
  prepare: () => Promise<DoJob<Job, Answer>>,
  port: Pick<MessagePort, 'postMessage' | 'on'> | null = parentPort,
): Promise<void> {
  if (port === null) throw new TypeError('serveJobs: only inside a worker thread');
  const reply = (message: ThreadReply<Answer>): void => port.postMessage(message);
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      reply({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  };
  let told = 0;
  const alive = (): void => {
    const now = performance.now();
    if (now - told < SIGN_INTERVAL) return;
    told = now;
    reply({ kind: 'alive' });
  };
  await guarded(async () => {
    const work = await prepare();
    let last: Promise<void> = Promise.resolve();
    port.on('message', (job: Job) => {
      last = last.then(() =>
        guarded(async () => {
          told = performance.now();
          reply({ kind: 'done', answer: await work(job, alive) });
        }),
      );
    });
    reply({ kind: 'ready' });
  });
}

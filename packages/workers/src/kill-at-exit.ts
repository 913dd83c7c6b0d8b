import type { Worker } from 'node:worker_threads';

const stuck = new Set<Worker>();

/**
 * Lets the process end with a thread that cannot be stopped. Node joins every thread as it exits, `process.exit`
 * included, and waits for ever for one that is in a system call that does not return, or whose compiler waits for a
 * collection of garbage while the thread waits for the compiler (nodejs/node#54918). So the process kills itself as the
 * last thing, unless the thread has ended by then: by SIGINT where its exit code is 130, which is what a shell makes of
 * that, else by SIGKILL, for other codes cannot be kept.
 */
export function killAtExit(worker: Worker): void {
  if (stuck.size === 0) process.on('exit', kill);
  stuck.add(worker);
  worker.unref();
  worker.once('exit', () => {
    stuck.delete(worker);
    if (stuck.size === 0) process.off('exit', kill);
  });
}

function kill(code: number): void {
  process.removeAllListeners('SIGINT');
  if (code === 130) process.kill(process.pid, 'SIGINT');
  process.kill(process.pid, 'SIGKILL');
}

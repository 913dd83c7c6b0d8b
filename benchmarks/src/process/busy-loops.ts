import { spawn } from 'node:child_process';

/** Starts processes that keep a core busy each. Returns a function that ends them. */
export function busyLoops(count: number): () => void {
  const loops = Array.from({ length: count }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return () => {
    for (const child of loops) child.kill();
  };
}

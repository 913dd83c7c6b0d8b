import { existsSync, readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Preloaded into the command by NODE_OPTIONS=--import: once the file BLOCK_FILE has BLOCK_LINES lines, the main thread
// says so and hears nothing more, as in one long computation.

if (isMainThread) {
  const timer = setInterval(() => {
    const { BLOCK_FILE: file, BLOCK_LINES: lines } = process.env;
    if (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length <= Number(lines)) return;
    clearInterval(timer);
    writeSync(2, 'blocked\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000);
  }, 1).unref();
}

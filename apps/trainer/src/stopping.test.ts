import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, smallPhantom, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const preload = new URL('./blocked-main.fixture.mjs', import.meta.url);

/** Resolves once a stream has said so much. */
function said(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  let all = '';
  return new Promise((resolve) => {
    stream.on('data', (data) => {
      all += data;
      if (all.includes(text)) resolve();
    });
  });
}

describe.skipIf(process.platform === 'win32')('a main thread in one long computation', () => {
  it('is answered for at once, and ended by a second signal, to be resumed to the last bit', async () => {
    const data = await smallPhantom(folder);
    const train = (out: string): string[] => [
      ...['train', '--data', data, '--layout', 'lgg', '--out', join(folder, out), '--steps', '12'],
      ...['--set', 'training.checkpointSeconds=0.001', ...TINY],
    ];
    const losses = (out: string): string[] =>
      [...readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8').matchAll(/"loss":([^,]*)/g)].map(
        ([, loss]) => loss!,
      );
    expect(await runCli(...train('whole'))).toMatchObject({ code: 0 });

    const { child, done } = startCli(train('blocked'), {
      env: {
        NODE_OPTIONS: `--import ${preload}`,
        BLOCK_FILE: join(folder, 'blocked', 'metrics.jsonl'),
        BLOCK_LINES: '3',
      },
    });
    await said(child.stderr!, 'blocked\n');
    const before = performance.now();
    child.kill('SIGINT');
    await said(child.stderr!, 'stopping: what is under way ends first');
    expect(performance.now() - before).toBeLessThan(10_000);
    child.kill('SIGTERM');
    const { signal, stderr } = await done;
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(signal, stderr).toBe('SIGKILL');
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `medseg: stopped by force; the last save is whole; resume with: medseg train --resume --out ${join(folder, 'blocked')}`,
    );
    expect(stderr.match(/stopping:/g)).toHaveLength(1);
    expect(losses('blocked').length).toBeLessThan(12);

    const resumed = await runCli('train', '--resume', '--out', join(folder, 'blocked'));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(losses('blocked')).toEqual(losses('whole'));
  });

  it('is ended after the time that it has', async () => {
    const thread = new URL('../dist/watchdog-thread.js', import.meta.url);
    const program = join(folder, 'program.mjs');
    const data = '{ state: new Int32Array(new SharedArrayBuffer(8)), grace: 2 }';
    const execArgv = "['--expose-internals']";
    writeFileSync(
      program,
      `import { Worker } from 'node:worker_threads';
      process.on('SIGINT', () => console.error('heard'));
      new Worker(new URL(${JSON.stringify(thread)}), { workerData: ${data}, execArgv: ${execArgv} }).on('online', () => setTimeout(() => {
        console.error('blocked');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
      }, 500));`,
    );
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    await said(child.stderr, 'blocked\n');
    const before = performance.now();
    child.kill('SIGINT');
    const [signal] = await new Promise<unknown[]>((resolve) => child.on('close', (...[, by]) => resolve([by])));
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(signal).toBe('SIGKILL');
    expect(stderr.split('\n')).toEqual([
      'blocked',
      'stopping: what is under way ends first (Ctrl-C again: at once, what is not saved is lost)',
      'medseg: stopped by force: what was under way did not end within 2 seconds',
      '',
    ]);
  });
});

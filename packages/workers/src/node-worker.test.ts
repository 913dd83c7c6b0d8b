import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { nodeWorkerEndpoint } from './node-worker.ts';
import { webWorkerEndpoint } from './web-worker.ts';
import { WorkerClient } from './worker-client.ts';

interface Question {
  readonly what: string;
  readonly path?: string;
}

const script = new URL('./ending-thread.fixture.mjs', import.meta.url);
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function start(): { client: WorkerClient<Question, string>; worker: Worker } {
  const worker = new Worker(script);
  return { worker, client: new WorkerClient<Question, string>(nodeWorkerEndpoint(worker)) };
}

describe('a thread that the system refuses', () => {
  const refuse = (): never => {
    throw new Error('Cannot create a thread');
  };

  it.each([
    ['of Node', nodeWorkerEndpoint],
    ['of a page', webWorkerEndpoint],
  ])('has died at once, and says why (%s)', async (_, endpointOf) => {
    const deaths: string[] = [];
    const client = new WorkerClient<Question, string>(endpointOf(refuse), {
      onDeath: (reason) => void deaths.push(reason),
    });
    const asked = client.ask({ what: 'nothing' });
    await expect(asked).rejects.toThrow('it could not be started: Cannot create a thread');
    expect(await client.ready).toBe(false);
    expect(deaths).toEqual(['it could not be started: Cannot create a thread']);
    expect((await client.end()).milliseconds).toBeLessThan(4000);
  });
});

// The threads run what is built.
describe('the end of a thread', () => {
  it.each([
    ['nothing', 'closed'],
    ['dies', 'closed'],
    ['wait', 'closed'],
    ['deaf', 'terminated'],
    ['spin', 'terminated'],
    ['sleep', 'terminated'],
  ] as const)('comes in time where it does this: %s', async (what, how) => {
    const { client, worker } = start();
    expect(await client.ready).toBe(true);
    client.ask({ what }).catch(() => {});
    await sleep(100);
    const ending = await client.end();
    expect(ending.how).toBe(how);
    expect(ending.milliseconds).toBeLessThan(4000);
    expect(worker.threadId).toBe(-1); // it has stopped
  });

  it('comes in time where the thread dies meanwhile, is still starting, or was ended by others', async () => {
    const dying = start();
    expect(await dying.client.ready).toBe(true);
    void dying.worker.terminate();
    expect((await dying.client.end()).milliseconds).toBeLessThan(4000);
    const starting = start();
    expect((await starting.client.end()).milliseconds).toBeLessThan(4000);
    expect(await starting.client.ready).toBe(false);
    const ended = start();
    await ended.worker.terminate();
    expect((await ended.client.end()).milliseconds).toBeLessThan(4000);
    for (const { worker } of [dying, starting, ended]) expect(worker.threadId).toBe(-1);
  });

  describe.skipIf(process.platform === 'win32')('that cannot be stopped', () => {
    /** A process with a thread in a system call that does not return. */
    function run(last: string): ReturnType<typeof spawnSync> {
      const folder = mkdtempSync(join(tmpdir(), 'medseg-workers-'));
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
      const program = `
        import { Worker } from 'node:worker_threads';
        import { WorkerClient } from ${url('../dist/index.js')};
        import { nodeWorkerEndpoint } from ${url('../dist/node.js')};
        const client = new WorkerClient(nodeWorkerEndpoint(new Worker(new URL(${url('./ending-thread.fixture.mjs')}), { execArgv: [] })), {
          onStuck: (reason) => console.log(reason),
        });
        await client.ready;
        client.ask({ what: 'stuck', path: ${JSON.stringify(pipe)} });
        await new Promise((resolve) => setTimeout(resolve, 300));
        const { how, milliseconds } = await client.end();
        console.log(how, milliseconds > 1900 && milliseconds < 8000);
        ${last}`;
      try {
        return spawnSync(process.execPath, ['--input-type=module', '-e', program], {
          encoding: 'utf8',
          timeout: 20_000,
          killSignal: 'SIGTERM',
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }

    it.each([
      ['by itself', '', 'SIGKILL'],
      ['by process.exit', 'process.exit(0);', 'SIGKILL'],
      ['after Ctrl-C', "process.on('SIGINT', () => {}); process.exitCode = 130;", 'SIGINT'],
    ])('is given up and reported, and the process ends (%s)', (_, last, expected) => {
      const { signal, stdout, stderr } = run(last);
      expect({ signal, stdout }, String(stderr)).toEqual({
        signal: expected,
        stdout: 'it could not be stopped within 2 s\nstuck true\n',
      });
    });
  });
});

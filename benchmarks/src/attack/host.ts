import type { HostAnswer, HostRequest } from './commands.ts';
import { WATCH, type Watch } from './fault.ts';

// Runs one command after the other, as each message asks, and answers what it said, its exit code and its calls to the file
// system. Loading the command takes longer than most commands do.

const command = new URL('../../../apps/trainer/dist/cli.js', import.meta.url).href;
const { main } = (await import(command)) as { main(argv: readonly string[]): Promise<number> };
const watch = (globalThis as unknown as Record<symbol, Watch>)[WATCH]!;
const streams = ['stdout', 'stderr'] as const;

process.on('message', async ({ args, folder, fault }: HostRequest) => {
  const said = { stdout: '', stderr: '' };
  const kept = streams.map((name) => process[name].write);
  for (const name of streams) {
    process[name].write = (text: Uint8Array | string): boolean => {
      said[name] += text;
      return true;
    };
  }
  process.exitCode = undefined;
  watch.begin(folder, fault);
  const code = await main(['node', 'medseg', ...args]);
  const calls = watch.end();
  process.exitCode = undefined;
  streams.forEach((name, i) => {
    process[name].write = kept[i]!;
  });
  process.send!({ code, ...said, calls } satisfies HostAnswer);
});

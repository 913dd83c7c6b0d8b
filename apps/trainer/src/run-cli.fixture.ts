import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePhantom } from '@medseg/datasets/node';
import { afterAll, expect } from 'vitest';

const bin = fileURLToPath(new URL('../bin/medseg.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built command in a process of its own; `done` settles when it ends. */
export function startCli(
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): { child: ChildProcess; done: Promise<CliResult> } {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd && { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, done };
}

/** Runs the built command in a process that the tests of a file share: loading the command takes longer than most runs. */
export function runCli(...args: string[]): Promise<CliResult> {
  const result = queue.then(() => askHost(args));
  queue = result.catch(() => {});
  return result;
}

let host: ChildProcess | undefined;
let queue: Promise<unknown> = Promise.resolve();

function askHost(args: readonly string[]): Promise<CliResult> {
  host ??= fork(fileURLToPath(new URL('./command-host.fixture.mjs', import.meta.url)), { stdio: 'inherit' });
  const child = host;
  return new Promise((resolve, reject) => {
    const died = (code: number | null, signal: NodeJS.Signals | null): void => {
      host = undefined;
      reject(new Error(`medseg ${args.join(' ')}: its process ended with ${signal ?? code}`));
    };
    child.once('exit', died);
    child.once('message', (result) => {
      child.off('exit', died);
      resolve(result as CliResult);
    });
    child.send(args);
  });
}

afterAll(() => void host?.kill());

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'medseg-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Settings of a network small enough to train in a second. */
export const TINY: string[] = [
  'data.imageSize=[16,16]',
  'network.encoderChannels=[4,8]',
  'network.denoiserChannels=[4,8]',
  'network.encoderBlocks=1',
  'network.timeChannels=8',
  'network.heads=2',
  'network.groups=2',
  'training.batchSize=2',
  'training.workers=1',
  'training.validationCases=2',
].flatMap((setting) => ['--set', setting]);

/** Trains a network for two steps, images of different patients that are nearly the same one by one. */
export async function trainTiny(data: string, out: string, ...args: string[]): Promise<CliResult> {
  const settings = ['--steps', '2', '--set', 'data.duplicates=false', ...TINY];
  const result = await runCli('train', '--data', data, '--out', out, ...settings, ...args);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

/** A few small phantom patients in the LGG layout. */
export async function smallPhantom(folder: string): Promise<string> {
  const data = join(folder, 'phantom');
  await writePhantom(data, { patients: 6, slicesPerPatient: 1, size: 32, seed: 1 });
  return data;
}

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Call, type Fault, VARIABLE } from './fault.ts';

const bin = fileURLToPath(new URL('../../apps/trainer/bin/medseg.js', import.meta.url));
const preload = new URL('./attack/preload.js', import.meta.url).href;
const host = fileURLToPath(new URL('./attack/host.js', import.meta.url));

/** Seconds after which a process counts as one that hangs. */
const LIMIT = 120;
/** Commands after which the process that runs them is replaced: a failing one may leave memory behind. */
const USES = 60;

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** A request to the process that runs one command after the other. */
export interface HostRequest {
  readonly args: readonly string[];
  readonly folder: string;
  readonly fault?: Fault;
}

export interface HostAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: Call[];
}

/** Runs commands that touch one folder: in processes of their own, which may be killed, or one after the other in one. */
export class Commands {
  private child: ChildProcess | undefined;
  private uses = 0;

  /**
   * @param folder where the calls to the file system are watched
   * @param modules what is loaded into every process beside
   */
  constructor(
    private readonly folder: string,
    private readonly modules: readonly string[] = [],
  ) {}

  private imports(...first: string[]): string[] {
    return [...first, ...this.modules].flatMap((module) => ['--import', module]);
  }

  /** Runs a command in a process of its own, which is sent a signal after some seconds or at a call. */
  start(
    args: readonly string[],
    { fault, signal, after = 0 }: { fault?: Fault; signal?: NodeJS.Signals; after?: number } = {},
  ): Promise<Ended> {
    const watched = { ...process.env, [VARIABLE]: JSON.stringify({ folder: this.folder, fault }) };
    const started = performance.now();
    const child = spawn(process.execPath, [...(fault ? this.imports(preload) : this.imports()), bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: fault ? watched : process.env,
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (said.stdout += chunk));
    child.stderr.on('data', (chunk) => (said.stderr += chunk));
    const timers = [setTimeout(() => child.kill('SIGKILL'), 1000 * LIMIT)];
    if (signal !== undefined) timers.push(setTimeout(() => child.kill(signal), 1000 * after));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, by) => {
        timers.forEach(clearTimeout);
        const seconds = (performance.now() - started) / 1000;
        if (seconds > LIMIT) said.stderr += `\nmedseg: hung for ${LIMIT} s`;
        resolve({ code, signal: seconds > LIMIT ? 'hung' : by, ...said, seconds });
      });
    });
  }

  /** Runs a command in the process that runs one after the other, which takes a fraction of the time; a call may fail. */
  async run(args: readonly string[], fault?: Fault): Promise<Ended & { calls: Call[] }> {
    if (this.uses++ >= USES) await this.close();
    this.child ??= fork(host, { execArgv: this.imports(preload), stdio: 'inherit' });
    const { child } = this;
    const started = performance.now();
    const request: HostRequest = { args, folder: this.folder, ...(fault && { fault }) };
    return new Promise((resolve) => {
      const finish = (ended: Omit<Ended, 'seconds'> & { calls: Call[] }): void => {
        clearTimeout(timer);
        child.off('exit', onExit);
        child.off('message', onAnswer);
        resolve({ ...ended, seconds: (performance.now() - started) / 1000 });
      };
      const onExit = (code: number | null, signal: string | null): void => {
        this.child = undefined;
        finish({ code, signal: signal ?? 'ended', stdout: '', stderr: '', calls: [] });
      };
      const onAnswer = (answer: unknown): void => finish({ signal: null, ...(answer as HostAnswer) });
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * LIMIT);
      child.once('exit', onExit);
      child.once('message', onAnswer);
      child.send(request);
    });
  }

  /** Ends the process that runs one command after the other; the next command starts another. */
  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    this.uses = 0;
    if (child === undefined || child.exitCode !== null) return;
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
  }
}

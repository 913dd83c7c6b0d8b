import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@medseg/random';
import { Commands, type Ended } from './commands.ts';
import { age, contentsOf, differences, filesIn, isTemporary } from './contents.ts';
import type { Call, ErrorCode, Fault } from './fault.ts';
import { explained } from './messages.ts';
import { SMALL } from './small-settings.ts';
import type { Attempt, Outcome } from './tally.ts';

const STEPS = 4;
const SETTINGS = [
  ...SMALL,
  ...['training.validations=2', 'training.validationCases=1', 'training.checkpointSeconds=1e-9'].flatMap((setting) => [
    '--set',
    setting,
  ]),
];

/** What a training finds where it begins. */
const STATES = ['an empty place', 'a training cut short', 'a beginning cut short'] as const;
type State = (typeof STATES)[number];

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** How a process that was asked to stop says that it has heard. */
const HEARD = /stopped after step \d+; resume with|medseg: stopped/;

/** A training with some threads, undisturbed, and the folders that killed processes leave. */
export class TrainingTarget {
  private readonly place: string;
  private readonly commands: Commands;
  private readonly out: string;
  private expected: ReadonlyMap<string, string> = new Map();
  private calls: Record<State, Call[]> = {
    'an empty place': [],
    'a training cut short': [],
    'a beginning cut short': [],
  };
  private seconds = 0;

  /**
   * @param folder an empty folder, and in it what is made here
   * @param threads 0: everything on one thread; else this many that compute, and one that reads
   * @param modules what is loaded into every process beside
   */
  constructor(
    private readonly folder: string,
    private readonly data: string,
    private readonly threads: number,
    modules: readonly string[] = [],
  ) {
    this.place = join(folder, 'place');
    this.out = join(this.place, 'run');
    this.commands = new Commands(this.place, modules);
  }

  private train(): string[] {
    const threads = [
      '--workers',
      String(Math.max(1, this.threads)),
      '--set',
      `data.loaderThreads=${this.threads && 1}`,
    ];
    const data = ['--data', this.data, '--layout', 'lgg', '--steps', String(STEPS), '--seed', '3'];
    return ['train', '--out', this.out, ...data, ...threads, ...SETTINGS];
  }

  private command(): string[] {
    return existsSync(join(this.out, 'run.json')) ? ['train', '--resume', '--out', this.out] : this.train();
  }

  /** Trains undisturbed, and makes the folders of processes that were killed. Throws where that fails. */
  async prepare(): Promise<void> {
    this.clear();
    const alone = await this.commands.start(this.train());
    this.seconds = alone.seconds;
    if (alone.code !== 0) throw new Error(`the training that is compared with failed:\n${alone.stderr}`);
    this.expected = contentsOf(this.out);
    cpSync(this.out, join(this.folder, 'undisturbed'), { recursive: true });
    for (const state of STATES) {
      if (state !== 'an empty place') await this.leave(state);
      this.clear(state);
      const { calls, code, stderr } = await this.commands.run(this.command());
      const other = code === 0 ? differences(contentsOf(this.out), this.expected) : [stderr];
      if (other.length > 0) throw new Error(`a training in ${state} did not end as another: ${other.join('; ')}`);
      this.calls[state] = calls;
    }
  }

  /** Leaves a folder as a process does that is killed in the middle of a save, or before its run was begun. */
  private async leave(state: Exclude<State, 'an empty place'>): Promise<void> {
    const calls = this.calls['an empty place'];
    const places = calls.flatMap(({ writes, path }, i) =>
      writes && path.includes(state === 'a training cut short' ? '.last.safetensors' : '.run.json') ? [i + 1] : [],
    );
    const at = places[Math.floor(places.length / 2)]!;
    this.clear();
    const killed = await this.commands.start(this.train(), { fault: { at, action: 'SIGKILL', half: true } });
    if (killed.signal !== 'SIGKILL') throw new Error(`the training that was to be killed was not:\n${killed.stderr}`);
    cpSync(this.out, join(this.folder, state), { recursive: true });
  }

  /** Makes the place what a training begins in. */
  private clear(state: State = 'an empty place'): void {
    rmSync(this.place, { recursive: true, force: true });
    mkdirSync(this.place, { recursive: true });
    if (state !== 'an empty place') cpSync(join(this.folder, state), this.out, { recursive: true });
  }

  /** Every way to kill it at a call that changes something: before the call, and with half of what it writes written. */
  killsAtCalls(random: Random): Attempt[] {
    return STATES.flatMap((state) =>
      this.calls[state].flatMap(({ name, changes, writes }, i) => {
        const action = random.uniform() < 0.75 ? 'SIGKILL' : SIGNALS[random.integer(SIGNALS.length)]!;
        const faults: Fault[] = changes ? [{ at: i + 1, action }] : [];
        if (writes) faults.push({ at: i + 1, action: 'SIGKILL', half: true });
        return faults.map((fault) => ({
          ...this.named(state, `${fault.action} at call ${fault.at} ${name}${fault.half ? ' (half)' : ''}`),
          kind: `${fault.action === 'SIGKILL' ? 'SIGKILL' : 'other signals'} at a call`,
          busy: random.uniform() < 0.5,
          run: () => this.kill(state, fault.action as NodeJS.Signals, { fault }),
        }));
      }),
    );
  }

  /** Kills at random moments. */
  killsAtMoments(count: number, random: Random): Attempt[] {
    return Array.from({ length: count }, () => {
      const busy = random.uniform() < 0.5;
      const state = STATES[random.uniform() < 0.6 ? 0 : 1 + random.integer(STATES.length - 1)]!;
      const signal = random.uniform() < 0.5 ? 'SIGKILL' : SIGNALS[random.integer(SIGNALS.length)]!;
      const share = random.uniform();
      return {
        ...this.named(state, `${signal} after ${share.toFixed(4)} of its time`),
        kind: `${signal === 'SIGKILL' ? 'SIGKILL' : 'other signals'} at a moment`,
        busy,
        run: () => this.kill(state, signal, { signal, after: share * this.seconds * (busy ? 2 : 1) }),
      };
    });
  }

  /** A failure of each call, one of the errors that it may end in, chosen at random. */
  failures(random: Random): Attempt[] {
    return STATES.flatMap((state) =>
      this.calls[state].map(({ name, writes, errors }, i) => {
        const action = errors[random.integer(errors.length)]! as ErrorCode;
        const fault: Fault = { at: i + 1, action, half: writes && action !== 'EACCES' };
        return {
          ...this.named(state, `${action} at call ${i + 1} ${name}`),
          kind: `${action} at a call`,
          busy: false,
          run: () => this.fail(state, fault),
        };
      }),
    );
  }

  private named(state: State, what: string): { id: string } {
    return { id: `train, ${this.threads} threads, in ${state}, ${what}` };
  }

  private async kill(
    state: State,
    sent: NodeJS.Signals,
    how: { fault?: Fault; signal?: NodeJS.Signals; after?: number },
  ): Promise<Outcome> {
    this.clear(state);
    const before = filesIn(this.out).length;
    const ended = await this.commands.start(this.command(), how);
    const problems = wayOut(ended, sent, filesIn(this.out).length !== before);
    return this.recovered(ended, problems);
  }

  private async fail(state: State, fault: Fault): Promise<Outcome> {
    this.clear(state);
    const ended = await this.commands.run(this.command(), fault);
    const problems = ended.code === 0 ? [] : explained(ended);
    // The process of a user has ended by now, whose lock it is.
    if (existsSync(join(this.out, 'run.lock'))) await this.commands.close();
    return this.recovered(ended, problems);
  }

  /** Does what a user does next: resumes, or begins again; and compares. */
  private async recovered(ended: Ended, problems: string[]): Promise<Outcome> {
    let end: Outcome['end'] = 'ended';
    // A run that has ended may have its lock still, where that could not be read: the next process takes it over.
    if (ended.code !== 0 || existsSync(join(this.out, 'run.lock'))) {
      end = existsSync(join(this.out, 'run.json')) ? 'resumed' : 'begun again';
      const left = filesIn(this.out).filter((file) => !file.endsWith('/') && !isProbe(file));
      let next = await this.commands.run(this.command());
      if (/is beginning to work on this run/.test(next.stderr)) {
        age(this.out, left, 11); // a lock of which nothing is written counts for ten seconds
        next = await this.commands.run(this.command());
      }
      if (next.code !== 0) problems.push(`it could not be ${end}: ${next.stderr.trim() || next.signal}`);
      else if (left.length > 0 && !/its lock is taken over|it is removed|resuming after step/.test(next.stderr))
        problems.push(`it was ${end} without a remark on ${left.join(', ')}:\n${next.stderr}`);
      else if (left.includes('run.lock') && !/its lock is taken over/.test(next.stderr))
        problems.push(`it was ${end} without a remark on its lock:\n${next.stderr}`);
    }
    if (problems.length === 0) problems.push(...differences(contentsOf(this.out), this.expected));
    const beside = filesIn(this.place).filter((file) => isTemporary(file) && !file.startsWith('run/'));
    if (beside.length > 0) problems.push(`left beside the run: ${beside.join(', ')}`);
    return { end, problems };
  }

  /** What the end of the last command left, for a look. */
  keep(to: string): void {
    cpSync(this.place, to, { recursive: true });
  }

  close(): Promise<void> {
    return this.commands.close();
  }
}

/** A file that tries whether a folder can be written to; nothing was lost with it. */
function isProbe(file: string): boolean {
  return /^\.medseg-\d+\.tmp$/.test(file);
}

/** What is wrong with how a process ended that was sent a signal. */
function wayOut({ code, signal, stdout, stderr }: Ended, sent: NodeJS.Signals, hasBegun: boolean): string[] {
  if (code === 0 || (sent === 'SIGKILL' && signal === 'SIGKILL')) return [];
  // In the first tens of milliseconds the signal ends Node itself: no program can hear it, and nothing has been written.
  if (signal === sent && stdout + stderr === '' && !hasBegun) return [];
  if (code === 130 && HEARD.test(stdout + stderr)) return [];
  return [`it ended with ${signal ?? code} instead of its message after ${sent}:\n${stdout}${stderr}`];
}

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { Lucidrains, lucidrainsConfigFrom } from '@medseg/models';
import type { Random } from '@medseg/random';
import { encodeSafetensors, exportWeights, lucidrainsNames, type NamedArray } from '@medseg/weights';
import { Commands, type Ended } from './commands.ts';
import { age, contentsOf, differences, filesIn, isTemporary } from './contents.ts';
import type { Call, Fault } from './fault.ts';
import { explained } from './messages.ts';
import { SMALL } from './small-settings.ts';
import type { Attempt, Outcome } from './tally.ts';

/** Seconds after which what a process that has ended left on its way is taken away. */
const OLD = 3600;

/** A command that writes files, undisturbed. */
interface OutputCommand {
  readonly name: string;
  readonly args: readonly string[];
  readonly expected: ReadonlyMap<string, string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly calls: readonly Call[];
}

/** The commands that write files other than a training. */
export class OutputTarget {
  private readonly place: string;
  private readonly commands: Commands;
  private readonly targets: OutputCommand[] = [];

  constructor(
    private readonly folder: string,
    private readonly data: string,
    modules: readonly string[] = [],
  ) {
    this.place = join(folder, 'place');
    this.commands = new Commands(this.place, modules);
  }

  /** Trains what they need, and runs each undisturbed. Throws where that fails. */
  async prepare(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const to = (name: string): string => join(this.place, name);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(at('lucidrains.safetensors'), referenceCheckpoint());
    const training = ['--data', this.data, '--layout', 'lgg', '--out', at('run'), '--steps', '1'];
    await this.succeed('train', ...training, ...SMALL);
    const evaluate = ['evaluate', '--run', at('run'), '--fast'];
    await this.succeed(...evaluate, '--json', at('scores.json'));
    const images = ['PHANTOM_001', 'PHANTOM_002'].map((name) => join(this.data, 'kaggle_3m', name, `${name}_1.tif`));
    const commands = [
      ['segment', ...images, '--run', at('run'), '--members', '1', '--out', to('masks')],
      [...evaluate, '--csv', to('scores.csv'), '--json', to('scores.json'), '--report', to('report')],
      ['compare', at('scores.json'), at('scores.json'), '--json', to('compared.json')],
      ['data', '--data', this.data, '--layout', 'lgg', '--out', to('page')],
      ['export', '--run', at('run'), '--to', to('exported.safetensors')],
      ['import', '--from', at('lucidrains.safetensors'), '--as', 'lucidrains', '--out', to('imported')],
    ];
    for (const args of commands) {
      this.clear();
      const { calls } = await this.succeed(...args);
      this.targets.push({ name: args[0]!, args, expected: contentsOf(this.place), texts: this.texts(), calls });
    }
  }

  private async succeed(...args: string[]): Promise<Ended & { calls: Call[] }> {
    const ended = await this.commands.run(args);
    if (ended.code !== 0) throw new Error(`medseg ${args[0]}, undisturbed, failed:\n${ended.stderr}`);
    return ended;
  }

  private clear(): void {
    rmSync(this.place, { recursive: true, force: true });
    mkdirSync(this.place, { recursive: true });
  }

  /** Each way to kill a command at a call that changes something. */
  kills(random: Random): Attempt[] {
    return this.targets.flatMap((target) =>
      target.calls.flatMap(({ name, changes, writes }, i) => {
        const signal = random.uniform() < 0.75 ? 'SIGKILL' : 'SIGTERM';
        const faults: Fault[] = changes ? [{ at: i + 1, action: signal }] : [];
        if (writes) faults.push({ at: i + 1, action: 'SIGKILL', half: true });
        return faults.map((fault) => ({
          kind: `${target.name}: signals at a call`,
          id: `${target.name}, ${fault.action} at call ${fault.at} ${name}${fault.half ? ' (half)' : ''}`,
          busy: random.uniform() < 0.5,
          run: () => this.attack(target, (args) => this.commands.start(args, { fault })),
        }));
      }),
    );
  }

  /** A failure of each call of each command. */
  failures(random: Random): Attempt[] {
    return this.targets.flatMap((target) =>
      target.calls.map(({ name, writes, errors }, i) => {
        const action = errors[random.integer(errors.length)]!;
        const fault: Fault = { at: i + 1, action, half: writes && action !== 'EACCES' };
        return {
          kind: `${target.name}: errors at a call`,
          id: `${target.name}, ${action} at call ${i + 1} ${name}`,
          busy: false,
          run: () =>
            this.attack(target, async (args) => {
              const ended = await this.commands.run(args, fault);
              return { ...ended, problems: ended.code === 0 ? [] : explained(ended) };
            }),
        };
      }),
    );
  }

  private async attack(
    { name, args, expected, texts }: OutputCommand,
    start: (args: readonly string[]) => Promise<Ended & { problems?: string[] }>,
  ): Promise<Outcome> {
    this.clear();
    const ended = await start(args);
    const problems = [...(ended.problems ?? [])];
    if (ended.signal === 'hung') problems.push('it hung');
    problems.push(...this.partial(texts, expected));
    let end: Outcome['end'] = 'ended';
    if (ended.code !== 0) {
      end = 'begun again';
      if (existsSync(join(this.place, 'imported', 'run.lock'))) await this.commands.close();
      age(
        this.place,
        filesIn(this.place).filter((file) => !file.endsWith('/')),
        OLD,
      );
      const isWhole = existsSync(join(this.place, 'imported', 'run.json'));
      const again = isWhole ? undefined : await this.commands.run(name === 'import' ? args : [...args, '--force']);
      if (again && again.code !== 0)
        problems.push(`it could not be begun again: ${again.stderr.trim() || again.signal}`);
    }
    const found = contentsOf(this.place);
    // An imported run is whole and can be used; nothing writes to it again, so that nobody takes the lock over.
    if (found.has('imported/run.json')) found.delete('imported/run.lock');
    if (problems.length === 0) problems.push(...differences(found, expected));
    return { end, problems };
  }

  /** Files under their own names that are not whole. The table of volumes grows by whole lines. */
  private partial(texts: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
    const found = contentsOf(this.place);
    return filesIn(this.place).flatMap((file) => {
      if (file.endsWith('/') || isTemporary(file) || file.endsWith('run.lock')) return [];
      if (found.get(file) === expected.get(file)) return [];
      const text = readFileSync(join(this.place, file), 'latin1');
      const isBeginning = file.endsWith('volumes.csv') && text.endsWith('\r\n') && texts.get(file)?.startsWith(text);
      return isBeginning ? [] : [`${file} is not whole`];
    });
  }

  private texts(): Map<string, string> {
    const files = filesIn(this.place).filter((file) => file.endsWith('.csv'));
    return new Map(files.map((file) => [file, readFileSync(join(this.place, file), 'latin1')]));
  }

  /** What the end of the last command left, for a look. */
  keep(to: string): void {
    cpSync(this.place, to, { recursive: true });
  }

  close(): Promise<void> {
    return this.commands.close();
  }
}

/** A small network of a reference, as PyTorch would have saved it. */
function referenceCheckpoint(): Uint8Array {
  const options = { dim: 8, image_size: 16, dim_mults: [1, 2], full_self_attn: [false, true], input_img_channels: 3 };
  const network = new Lucidrains({ ...lucidrainsConfigFrom(options), seed: 4 });
  const weights = new Map<string, NamedArray>();
  for (const [name, variable] of network.variables())
    weights.set(name, { shape: variable.shape, data: variable.dataSync<'float32'>().slice() });
  network.dispose();
  return encodeSafetensors(exportWeights(weights, lucidrainsNames), { format: 'pt' });
}

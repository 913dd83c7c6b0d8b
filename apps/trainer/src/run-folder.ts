import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import { parseRunInfo, type RunInfo, type TrainedInfo } from './run-info.ts';
import { UserError } from './user-error.ts';

/** A folder that training writes, and in part `import`: `run.json`, `metrics.jsonl`, `checkpoints/last.safetensors`, `model.safetensors`, `report.html`. */
export class RunFolder {
  readonly checkpoint: string;
  readonly model: string;
  readonly metrics: string;
  readonly report: string;

  private constructor(
    readonly path: string,
    readonly info: RunInfo,
  ) {
    this.checkpoint = join(path, 'checkpoints', 'last.safetensors');
    this.model = join(path, 'model.safetensors');
    this.metrics = join(path, 'metrics.jsonl');
    this.report = join(path, 'report.html');
  }

  /**
   * Makes a new run folder with its first files, by their paths in it. Throws UserError where the folder holds something
   * already; when writing fails, nothing of it is left.
   */
  static async create(path: string, info: RunInfo, files: Readonly<Record<string, Uint8Array>>): Promise<RunFolder> {
    RunFolder.assertFree(path);
    const run = new RunFolder(path, info);
    const existed = existsSync(path);
    mkdirSync(path, { recursive: true });
    try {
      for (const [name, bytes] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        await writeFileAtomic(join(path, name), bytes);
      }
      await writeFileAtomic(join(path, 'run.json'), `${JSON.stringify(info, null, 2)}\n`);
    } catch (error) {
      if (existed) for (const entry of readdirSync(path)) rmSync(join(path, entry), { recursive: true });
      else rmSync(path, { recursive: true });
      throw error;
    }
    return run;
  }

  /** Throws UserError where a new run could not be written to the folder. */
  static assertFree(path: string): void {
    if (!existsSync(path)) return;
    let entries: string[];
    try {
      entries = readdirSync(path);
    } catch {
      throw new UserError(`${path}: --out must be a folder, it is a file`);
    }
    if (entries.includes('run.json')) {
      throw new UserError(`${path}: holds a run already; go on with it by --resume, or choose another --out`);
    }
    if (entries.length > 0)
      throw new UserError(`${path}: --out must be a new or an empty folder, it holds ${entries[0]}`);
  }

  /** Opens a run folder. Throws UserError where it is none. */
  static open(path: string): RunFolder {
    const file = join(path, 'run.json');
    if (!existsSync(file)) throw new UserError(`${path}: not a run folder of medseg: it has no run.json`);
    return new RunFolder(path, parseRunInfo(readFileSync(file, 'utf8'), file));
  }

  /** What training recorded. Throws UserError where the run was not trained here. */
  get trained(): TrainedInfo {
    const { info } = this;
    if (info.kind === 'trained') return info;
    throw new UserError(`${this.path}: was imported from ${info.source.file}, not trained here`);
  }

  /** The seed of its noise, and how it draws masks unless told otherwise. */
  get defaults(): Pick<TrainedInfo['config'], 'seed' | 'sampling'> {
    return this.info.kind === 'trained' ? this.info.config : this.info;
  }

  /** Adds one line to `metrics.jsonl`. */
  log(entry: object): void {
    try {
      appendFileSync(this.metrics, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      (error as NodeJS.ErrnoException).path = this.metrics; // the system does not say which file a write was for
      throw error;
    }
  }

  /** The lines of `metrics.jsonl`, without a last one that a crash cut short. */
  readMetrics<T extends object>(): T[] {
    if (!existsSync(this.metrics)) return [];
    const complete = readFileSync(this.metrics, 'utf8').split('\n').slice(0, -1);
    return complete.map((line) => JSON.parse(line) as T);
  }

  /** Drops the lines after a step: work that was done after the last checkpoint and is about to be done again. */
  truncateMetrics(step: number): void {
    if (!existsSync(this.metrics)) return;
    let bytes = 0;
    const lines = readFileSync(this.metrics, 'utf8').split('\n').slice(0, -1);
    for (const line of lines) {
      if ((JSON.parse(line) as { step: number }).step > step) break;
      bytes += Buffer.byteLength(line) + 1;
    }
    truncateSync(this.metrics, bytes);
  }
}

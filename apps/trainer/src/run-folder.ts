import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import { type RunConfig, resolveConfig } from './config.ts';
import { UserError } from './user-error.ts';

const MARK = 'medseg-run-1';

/** What `run.json` says of a run, beside its configuration. */
export interface RunInfo {
  readonly format: string;
  readonly config: RunConfig;
  /** Channels of the images that the network takes. */
  readonly imageChannels: number;
  readonly patients: { readonly train: string[]; readonly validation: string[]; readonly test: string[] };
  readonly machine: Record<string, string | number>;
}

/** A folder that training writes: `run.json`, `metrics.jsonl`, `checkpoints/last.safetensors`, `model.safetensors`, `report.html`. */
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
   * Makes a new run folder with its first checkpoint. Throws UserError where the folder holds something already; when
   * writing fails, nothing of it is left.
   */
  static async create(path: string, info: Omit<RunInfo, 'format'>, checkpoint: Uint8Array): Promise<RunFolder> {
    RunFolder.assertFree(path);
    const run = new RunFolder(path, { format: MARK, ...info });
    const existed = existsSync(path);
    mkdirSync(join(path, 'checkpoints'), { recursive: true });
    try {
      await writeFileAtomic(run.checkpoint, checkpoint);
      await writeFileAtomic(join(path, 'run.json'), `${JSON.stringify(run.info, null, 2)}\n`);
    } catch (error) {
      rmSync(existed ? join(path, 'checkpoints') : path, { recursive: true });
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
    let info: RunInfo;
    try {
      info = JSON.parse(readFileSync(file, 'utf8')) as RunInfo;
    } catch {
      throw new UserError(`${file}: not valid JSON`);
    }
    if (info?.format !== MARK) {
      throw new UserError(
        `${file}: not a run of this program: format must be ${MARK}, got ${JSON.stringify(info?.format)}`,
      );
    }
    const config = resolveConfig(info.config as unknown as Record<string, unknown>, file);
    return new RunFolder(path, { ...info, config });
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

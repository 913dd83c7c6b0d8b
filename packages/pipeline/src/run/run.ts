import { requireBytes } from '@medseg/arguments';
import { RunError } from '../errors.ts';
import { type CaseRecord, parseRecords } from './case-records.ts';
import type { RunConfig } from './config.ts';
import { parseRunInfo, type RunInfo, type TrainedInfo } from './info.ts';
import type { RunStore } from './store.ts';
import type { TrainingData } from './training-data.ts';

/** The files of a run, by what they hold. */
export const RUN_FILES = {
  info: 'run.json',
  model: 'model.safetensors',
  checkpoint: 'checkpoints/last.safetensors',
  previousCheckpoint: 'checkpoints/previous.safetensors',
  metrics: 'metrics.jsonl',
  cases: 'cases.jsonl',
  report: 'report.html',
} as const;

/** One line of `metrics.jsonl`: a step of training. */
export interface MetricsLine {
  /** Number of the step, from 1. */
  readonly step: number;
  /** The phase that the step belongs to. */
  readonly phase: string;
  /** The loss before the step. */
  readonly loss: number;
  /** Euclidean norm of all gradients, before clipping. */
  readonly gradientNorm: number;
  /** The rate of the step. */
  readonly learningRate: number;
  /** Seconds of training so far, earlier processes included. */
  readonly seconds: number;
  /** Loss of each sample of the step, to four digits; absent where the phase tells none. */
  readonly losses?: readonly number[];
  /** Training step t of each sample, beside `losses`; absent where the phase draws none. */
  readonly times?: readonly number[];
  /** Mean Dice of the validation after the step; absent where there was none. */
  readonly validationDice?: number;
  /** Mean loss of the phase on the validation samples; absent where there was none. */
  readonly validationLoss?: number;
}

/**
 * What training or importing leaves behind: `run.json`, `model.safetensors`, `metrics.jsonl`, `cases.jsonl` (what tells
 * whether the data has changed) and, in `checkpoints`, the last state of training and the one before it, wherever they are
 * stored.
 */
export class Run {
  private constructor(
    readonly store: RunStore,
    readonly info: RunInfo,
  ) {}

  /** Opens a run. Throws RunError where there is none or its `run.json` is broken. */
  static async open(store: RunStore): Promise<Run> {
    const bytes = await store.read(RUN_FILES.info);
    if (bytes === undefined) throw new RunError(`${store.name}: not a run of medseg: it has no ${RUN_FILES.info}`);
    return new Run(store, parseRunInfo(decodeText(bytes, placeOf(store, 'info')), placeOf(store, 'info')));
  }

  /**
   * Writes a new run with its first files, `run.json` last. When writing fails, what was written is removed and the error
   * is thrown.
   */
  static async create(
    store: RunStore,
    info: RunInfo,
    files: Partial<Record<'model' | 'checkpoint' | 'cases', Uint8Array>>,
  ): Promise<Run> {
    const written: string[] = [];
    const write = async (path: string, bytes: Uint8Array): Promise<void> => {
      written.push(path);
      await store.write(path, bytes);
    };
    try {
      for (const [file, bytes] of Object.entries(files)) await write(RUN_FILES[file as keyof typeof files], bytes);
      await write(RUN_FILES.info, encodeInfo(info));
    } catch (error) {
      for (const path of written) await store.remove(path);
      throw error;
    }
    return new Run(store, info);
  }

  /** Rewrites `run.json`, and returns the run as it then is. */
  async withInfo(info: RunInfo): Promise<Run> {
    await this.store.write(RUN_FILES.info, encodeInfo(info));
    return new Run(this.store, info);
  }

  /** How messages name the run. */
  get name(): string {
    return this.store.name;
  }

  /** How messages name one of its files. */
  placeOf(file: keyof typeof RUN_FILES): string {
    return placeOf(this.store, file);
  }

  /** What training recorded. Throws RunError where the run was not trained here. */
  get trained(): TrainedInfo {
    const { info } = this;
    if (info.kind === 'trained') return info;
    throw new RunError(`${this.name}: was imported from ${info.source.file}, not trained here`);
  }

  /** What it was trained on; undefined for runs of earlier versions and imported ones. */
  get trainingData(): TrainingData | undefined {
    return this.info.kind === 'trained' ? this.info.trainingData : undefined;
  }

  /** The seed of its noise and how it samples masks, unless somebody says otherwise. */
  get defaults(): Pick<RunConfig, 'seed' | 'sampling'> {
    return this.info.kind === 'trained' ? this.info.config : this.info;
  }

  /** The weights to segment with. Throws RunError where there are none yet. */
  async readModel(): Promise<Uint8Array> {
    const bytes = await this.store.read(RUN_FILES.model);
    if (bytes) return bytes;
    throw new RunError(`${this.placeOf('model')}: not found; train the run until its first validation, then use it`);
  }

  /** Writes `model.safetensors`, the weights to segment with. */
  writeModel(bytes: Uint8Array): Promise<void> {
    requireBytes('Run.writeModel', bytes);
    return this.store.write(RUN_FILES.model, bytes);
  }

  /** The state of training. Throws RunError where there is none. */
  async readCheckpoint(): Promise<Uint8Array> {
    const bytes = await this.store.read(RUN_FILES.checkpoint);
    if (bytes) return bytes;
    throw new RunError(`${this.placeOf('checkpoint')}: not found; there is nothing to resume from`);
  }

  /** The state of training before the last one; undefined where there is none. */
  readPreviousCheckpoint(): Promise<Uint8Array | undefined> {
    return this.store.read(RUN_FILES.previousCheckpoint);
  }

  /** Writes the state of training, and keeps the last one as the previous. The metrics up to here are kept with it. */
  async writeCheckpoint(bytes: Uint8Array): Promise<void> {
    requireBytes('Run.writeCheckpoint', bytes);
    await this.store.flush?.(RUN_FILES.metrics);
    await this.copy(RUN_FILES.checkpoint, RUN_FILES.previousCheckpoint);
    await this.store.write(RUN_FILES.checkpoint, bytes);
  }

  /** Makes the previous state of training the last one, where the last one is broken. */
  async revertCheckpoint(): Promise<void> {
    await this.copy(RUN_FILES.previousCheckpoint, RUN_FILES.checkpoint);
  }

  private async copy(from: string, to: string): Promise<void> {
    if (this.store.copy) return this.store.copy(from, to);
    const bytes = await this.store.read(from);
    if (bytes) await this.store.write(to, bytes);
  }

  /**
   * The cases that the run was begun with; undefined for runs of earlier versions and imported ones. Throws RunError where
   * their record is gone or cut.
   */
  async readCases(): Promise<CaseRecord[] | undefined> {
    const bytes = await this.store.read(RUN_FILES.cases);
    const place = this.placeOf('cases');
    const records = bytes && parseRecords(bytes, place);
    const count = this.info.kind === 'trained' ? this.info.caseCount : undefined;
    if (count !== undefined && records?.length !== count) {
      const found = records === undefined ? 'it is not there' : `it has ${records.length}`;
      throw new RunError(
        `${place}: must have a line for each of the ${count} cases that the run was begun with, ${found}`,
      );
    }
    return records;
  }

  /** Adds a line to `metrics.jsonl`. */
  log(line: MetricsLine): Promise<void> {
    return this.store.append(RUN_FILES.metrics, encodeText(`${JSON.stringify(line)}\n`));
  }

  /** The lines of `metrics.jsonl`, without a last one that a crash cut short. */
  async readMetrics(): Promise<MetricsLine[]> {
    return ((await this.metricsText()) ?? []).map((line, i) => this.parseMetrics(line, i));
  }

  /** Drops the lines after a step: work that was done after the last checkpoint and is about to be done again. */
  async truncateMetrics(step: number): Promise<void> {
    const lines = await this.metricsText();
    const kept = lines?.filter((line, i) => this.parseMetrics(line, i).step <= step);
    if (kept) await this.store.write(RUN_FILES.metrics, encodeText(kept.map((line) => `${line}\n`).join('')));
  }

  private parseMetrics(line: string, index: number): MetricsLine {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      // said below
    }
    if (typeof parsed === 'object' && parsed !== null && 'step' in parsed && typeof parsed.step === 'number') {
      return parsed as MetricsLine;
    }
    throw new RunError(
      `${this.placeOf('metrics')}: line ${index + 1} must be JSON with a step, got ${JSON.stringify(line.slice(0, 40))}`,
    );
  }

  private async metricsText(): Promise<string[] | undefined> {
    const bytes = await this.store.read(RUN_FILES.metrics);
    return bytes && decodeText(bytes, this.placeOf('metrics')).split('\n').slice(0, -1);
  }
}

function placeOf({ name }: RunStore, file: keyof typeof RUN_FILES): string {
  return `${name}/${RUN_FILES[file]}`;
}

/** The bytes of `run.json`. */
export function encodeInfo(info: RunInfo): Uint8Array {
  return encodeText(`${JSON.stringify(info, null, 2)}\n`);
}

/** A text may be as long as JavaScript's are. */
const MOST_BYTES = 2 ** 28;

function decodeText(bytes: Uint8Array, place: string): string {
  if (bytes.length <= MOST_BYTES) return new TextDecoder().decode(bytes);
  throw new RunError(`${place}: must have at most ${MOST_BYTES} bytes, got ${bytes.length}`);
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import type { MetricsLine, Run } from '@medseg/pipeline';
import { encodeScalars, encodeVersion } from './event.ts';
import { encodeRecord } from './record.ts';

/** The folder of a run that TensorBoard reads: it shows `tensorboard --logdir runs` each run by its path. */
const FOLDER = 'tensorboard';

/** Writes the steps of a training for TensorBoard. */
interface EventFile {
  write(line: MetricsLine): Promise<void>;
}

/** Whether a run writes event files already. */
export function hasEventFile(folder: string): boolean {
  return existsSync(join(folder, FOLDER)) && readdirSync(join(folder, FOLDER)).some(isEventFile);
}

/**
 * Begins an event file of a run with all the steps that its metrics have, in place of those that are there: a training that
 * is resumed repeats the steps after its last checkpoint, and a file has each once. The new file has another name, so that
 * a TensorBoard that watches the folder reads it from its beginning. Times are those of training, without its pauses.
 */
export async function openEventFile(run: Run, now: number = Date.now()): Promise<EventFile> {
  const folder = join(run.name, FOLDER);
  const lines = await run.readMetrics();
  const begun = now / 1000 - (lines.at(-1)?.seconds ?? 0);
  mkdirSync(folder, { recursive: true });
  const earlier = readdirSync(folder).filter(isEventFile);
  const file = join(folder, nameOf(Math.floor(now / 1000), earlier));
  const events = [encodeVersion(begun), ...lines.map((line) => eventOf(line, begun))];
  await writeFileAtomic(file, Buffer.concat(events.map(encodeRecord)));
  for (const name of earlier) rmSync(join(folder, name), { force: true });
  return { write: (line) => appendFile(file, encodeRecord(eventOf(line, begun))) };
}

/** TensorBoard takes files with `tfevents` in their names, in the order of these. */
function nameOf(seconds: number, taken: readonly string[]): string {
  const name = `events.out.tfevents.${seconds}.medseg`;
  return taken.includes(name) ? nameOf(seconds + 1, taken) : name;
}

function isEventFile(name: string): boolean {
  return /^events\.out\.tfevents\.\d+\.medseg$/.test(name);
}

/** A step as TensorBoard shows it: the losses of the phases are different things, and have a plot each. */
function eventOf(
  { step, phase, loss, gradientNorm, learningRate, seconds, validationDice, validationLoss }: MetricsLine,
  begun: number,
): Uint8Array {
  return encodeScalars({
    wallTime: begun + seconds,
    step,
    scalars: {
      [`loss/${phase}`]: loss,
      gradient_norm: gradientNorm,
      learning_rate: learningRate,
      ...(validationDice !== undefined && { 'validation/dice': validationDice }),
      ...(validationLoss !== undefined && { 'validation/loss': validationLoss }),
    },
  });
}

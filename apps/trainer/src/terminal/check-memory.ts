import { totalmem } from 'node:os';
import type { MemoryEstimate } from '@medseg/pipeline';
import * as tf from '@tensorflow/tfjs-core';
import { output } from './output.ts';
import { UserError } from './user-error.ts';

const GIB = 2 ** 30;
/** What a heap of 32 bits holds at most. */
const HEAP = 4 * GIB;
/** Estimates are at most a third too high: above so much of what there is work cannot be done, and from here on it may fail. */
const REFUSED = 1.4;
const NEAR = 0.75;

/** What work is checked, and what it can be done with instead. */
interface MemoryQuestion {
  /** What needs it, as `training.batchSize=16 at data.imageSize=[1024,1024]`. */
  readonly what: string;
  readonly threads: number;
  /** How less is needed; looked for only where it is said. */
  advice(): string;
  /** Bytes of the machine, or of the container; by default as the system says. */
  readonly machine?: number;
}

/**
 * Throws UserError, before anything is computed, where some work cannot have the memory that it needs, and remarks on one
 * that may not. Of the native backend, which has other limits, nothing is said.
 */
export function checkMemory(
  estimate: MemoryEstimate,
  { what, threads, advice, machine = memoryOfMachine() }: MemoryQuestion,
): void {
  if (tf.getBackend() !== 'wasm') return;
  const { thread, total } = estimate;
  const each = threads === 1 ? '' : ` on each of ${threads} threads`;
  const needs: [share: number, text: string][] = [
    [thread / HEAP, `about ${gibibytes(thread)} GiB${each}, and the WebAssembly heap of a thread holds at most 4 GiB`],
    [total / machine, `about ${gibibytes(total)} GiB in all, and this machine has ${gibibytes(machine)} GiB`],
  ];
  const [share, text] = needs[0]![0] >= needs[1]![0] ? needs[0]! : needs[1]!;
  if (share > REFUSED) throw new UserError(`${what} needs ${text}; ${advice()}`);
  if (share > NEAR) output.remark(`note: ${what} needs ${text}; should memory run out, ${advice()}`);
}

/** Whether some work surely has the memory that it needs; of the native backend only what the machine has is known. */
export function fitsMemory({ thread, total }: MemoryEstimate, machine = memoryOfMachine()): boolean {
  return total <= NEAR * machine && (tf.getBackend() !== 'wasm' || thread <= NEAR * HEAP);
}

/** Of the machine or, where it has less, of the container. */
function memoryOfMachine(): number {
  const container = process.constrainedMemory?.() ?? 0; // 0, or more than there is, where there is no limit
  return container > 0 ? Math.min(container, totalmem()) : totalmem();
}

function gibibytes(bytes: number): string {
  const value = bytes / GIB;
  return value < 100 ? value.toFixed(1) : value.toPrecision(3);
}

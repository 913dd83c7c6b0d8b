import type { RandomState } from '@medseg/random';
import type { Draw } from './recipe.ts';
import type { CheckedBatch } from './training-batch.ts';

/** All that one step needs beside the weights, on the host. */
export interface StepInput {
  /** The name of the phase that is trained. */
  readonly phase: string;
  /** Images and masks on the host. */
  readonly batch: Omit<CheckedBatch, 'ids'>;
  /** What the phase has drawn. Default nothing. */
  readonly draw?: Draw;
  /** The stream that layers draw from, such as dropout. By default there is none. */
  readonly layers?: RandomState;
  /** What the loss is multiplied by; a share's part of its batch. Default 1. */
  readonly weight?: number;
}

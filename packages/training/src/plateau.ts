import { type OptionNames, requireOptions } from '@medseg/ops';
import { requireNumber } from './require-number.ts';

/** When a learning rate is reduced for want of better scores. */
export interface PlateauOptions {
  /** What the rate is multiplied by each time. Above 0 and below 1. */
  factor: number;
  /** Validations without a better score that are borne; the next one reduces the rate. */
  patience: number;
}

const optionNames: OptionNames<PlateauOptions> = { factor: true, patience: true };

/** Where a {@link Plateau} stands; plain numbers, for a checkpoint. */
export interface PlateauState {
  readonly scale: number;
  /** Best score so far, -1 before the first. */
  readonly best: number;
  /** Validations without a better one since the best or the last reduction. */
  readonly bad: number;
}

/**
 * Reduces the learning rate when the validation score stops rising, as PyTorch's ReduceLROnPlateau with mode 'max' and
 * threshold 0: any better score counts.
 */
export class Plateau {
  /** Where it stands; a checkpoint holds it. */
  state: PlateauState = { scale: 1, best: -1, bad: 0 };
  private readonly options: PlateauOptions;

  constructor(who: string, options: PlateauOptions) {
    requireOptions(`${who}: plateau`, options, optionNames);
    requireNumber(`${who}: factor of plateau`, options.factor, { above: 0, below: 1 });
    requireNumber(`${who}: patience of plateau`, options.patience, {});
    if (!Number.isInteger(options.patience)) {
      throw new RangeError(`${who}: patience of plateau must be a whole number, got ${options.patience}`);
    }
    this.options = options;
  }

  /** Notes a score. */
  note(score: number): void {
    const { factor, patience } = this.options;
    const { scale, best } = this.state;
    const bad = score > best ? 0 : this.state.bad + 1;
    const reduces = bad > patience;
    this.state = {
      scale: reduces ? scale * factor : scale,
      best: Math.max(best, score),
      bad: reduces ? 0 : bad,
    };
  }
}

/** Whether what a checkpoint holds can be the state of a {@link Plateau}. */
export function isPlateauState(value: unknown): value is PlateauState {
  const { scale, best, bad } = (value ?? {}) as Partial<PlateauState>;
  const isScale = typeof scale === 'number' && scale > 0 && scale <= 1;
  return isScale && typeof best === 'number' && best >= -1 && Number.isSafeInteger(bad) && bad! >= 0;
}

import type { MetricsLine } from '@medseg/pipeline';
import type { TrainEvent } from '@medseg/training';
import { timeLeft } from '../terminal/progress.ts';

/** What `metrics.jsonl` keeps of a step. */
export function toMetricsLine({
  step,
  phase,
  loss,
  gradientNorm,
  learningRate,
  elapsed,
  validation,
}: TrainEvent): MetricsLine {
  return {
    step,
    phase,
    loss,
    gradientNorm,
    learningRate,
    seconds: Math.round(elapsed / 10) / 100,
    ...(validation && { validationDice: validation.dice }),
  };
}

/** What the display says, the most important first. */
export function progressNotes(event: TrainEvent, dice: string, evaluation: string | undefined): string[] {
  const { step, phase, loss, progress, elapsed } = event;
  const left = timeLeft(elapsed / 1000, progress);
  const notes = [evaluation === undefined ? left : `${left} + ${evaluation} to evaluate`, dice];
  return [...notes, `step ${step}`, phase, `loss ${loss.toFixed(4)}`].filter((note) => note !== '');
}

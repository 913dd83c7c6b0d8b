import type { MetricsLine } from '@medseg/pipeline';
import type { TrainEvent } from '@medseg/training';
import { timeLeft } from '../terminal/progress.ts';

/** What `metrics.jsonl` keeps of a step. */
export function toMetricsLine(
  { step, phase, loss, gradientNorm, learningRate, elapsed, samples, validation }: TrainEvent,
  validationLoss: number | undefined,
): MetricsLine {
  return {
    step,
    phase,
    loss,
    gradientNorm,
    learningRate,
    seconds: Math.round(elapsed / 10) / 100,
    ...(samples && { losses: Array.from(samples.losses, (value) => Number(value.toPrecision(4))) }),
    ...(samples?.t && { times: [...samples.t] }),
    ...(validation && { validationDice: validation.dice }),
    ...(validation && validationLoss !== undefined && { validationLoss }),
  };
}

/** What the display says, the most important first. */
export function progressNotes(event: TrainEvent, dice: string, evaluation: string | undefined): string[] {
  const { step, phase, loss, progress, elapsed } = event;
  const left = timeLeft(elapsed / 1000, progress);
  const notes = [evaluation === undefined ? left : `${left} + ${evaluation} to evaluate`, dice];
  return [...notes, `step ${step}`, phase, `loss ${loss.toFixed(4)}`].filter((note) => note !== '');
}

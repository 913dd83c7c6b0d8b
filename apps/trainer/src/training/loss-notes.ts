import type { MetricsLine } from '@medseg/pipeline';

/** Steps of a phase from which on its losses tell whether it has learned. */
const LEAST_STEPS = 20;
/** A loss that ends so many times higher than it began has not merely stood still. */
const RISEN = 1.1;
/** A loss so many times that of fresh weights comes of weights that a step has thrown far away. */
const THROWN = 5;

/**
 * Which phases of a training ended with a higher loss than they began with, or met a loss far above that of fresh weights, in
 * sentences without a full stop: what became of them may be no better than fresh weights.
 */
export function lossNotes(metrics: readonly MetricsLine[], learningRate: number): string[] {
  const phases = [...new Set(metrics.map(({ phase }) => phase))];
  return phases.flatMap((phase) => {
    const lines = metrics.filter((line) => line.phase === phase);
    if (lines.length < LEAST_STEPS) return [];
    const how = divergence(lines);
    const advice = `training.learningRate was ${learningRate}, try a tenth of it`;
    return how === undefined ? [] : [`the loss of the ${phase} has ${how}: training has diverged; ${advice}`];
  });
}

function divergence(lines: readonly MetricsLine[]): string | undefined {
  const losses = lines.map(({ loss }) => loss);
  const part = Math.ceil(losses.length / 5);
  const [first, last] = [median(losses.slice(0, Math.ceil(part / 2))), median(losses.slice(-part))];
  if (last > RISEN * first) return `risen, from ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
  const fresh = losses[0]!;
  const peak = lines.reduce((most, line) => (line.loss > most.loss ? line : most));
  if (!(peak.loss > THROWN * fresh)) return undefined;
  return `jumped, from ${fresh.toPrecision(3)} to ${peak.loss.toPrecision(3)} at step ${peak.step}`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

import type { MetricsLine } from '@medseg/pipeline';

/** Steps of a phase from which on its losses tell whether it has learned. */
const LEAST_STEPS = 20;
/** A loss that ends so many times higher than it began has not merely stood still. */
const RISEN = 1.1;

/**
 * Which phases of a training ended with a higher loss than they began with, in sentences without a full stop: what became
 * of them is no better than fresh weights.
 */
export function lossNotes(metrics: readonly MetricsLine[], learningRate: number): string[] {
  const phases = [...new Set(metrics.map(({ phase }) => phase))];
  return phases.flatMap((phase) => {
    const losses = metrics.filter((line) => line.phase === phase).map(({ loss }) => loss);
    if (losses.length < LEAST_STEPS) return [];
    const part = Math.ceil(losses.length / 5);
    const [first, last] = [median(losses.slice(0, Math.ceil(part / 2))), median(losses.slice(-part))];
    if (!(last > RISEN * first)) return [];
    return [
      `the loss of the ${phase} has risen, from ${first.toPrecision(3)} to ${last.toPrecision(3)}: training has diverged; training.learningRate was ${learningRate}, try a tenth of it`,
    ];
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

import type { MetricsLine } from '@medseg/pipeline';
import { describe, expect, it } from 'vitest';
import { lossNotes } from './loss-notes.ts';

const phaseOf = (phase: string, losses: readonly number[]): MetricsLine[] =>
  losses.map((loss, i) => ({ step: i + 1, phase, loss, gradientNorm: 1, learningRate: 1, seconds: i }));
const along = (length: number, loss: (share: number) => number): number[] =>
  Array.from({ length }, (_, i) => loss(i / (length - 1)));

describe('lossNotes', () => {
  it('names the phase whose loss has risen, and the learning rate', () => {
    const metrics = [
      ...phaseOf(
        'encoder',
        along(50, (x) => 1 - 0.5 * x),
      ),
      ...phaseOf(
        'denoiser',
        along(50, (x) => 1 + 3 * x),
      ),
    ];
    expect(lossNotes(metrics, 10)).toEqual([
      'the loss of the denoiser has risen, from 1.12 to 3.76: training has diverged; training.learningRate was 10, try a tenth of it',
    ]);
  });

  it('names the step that has thrown the weights away, though the loss ends where it began', () => {
    const losses = along(50, (x) => 1.7 - 0.5 * x).with(2, 34.4);
    expect(lossNotes(phaseOf('encoder', losses), 10)).toEqual([
      'the loss of the encoder has jumped, from 1.70 to 34.4 at step 3: training has diverged; training.learningRate was 10, try a tenth of it',
    ]);
  });

  it('says nothing of a loss that falls, stands still, jumps once, or of a few steps', () => {
    for (const losses of [
      along(50, (x) => 1 - x),
      along(50, () => 1),
      along(50, (x) => (x > 0.97 ? 4 : 1 - x / 2)),
      along(19, (x) => 1 + x),
      [],
    ])
      expect(lossNotes(phaseOf('encoder', losses), 1)).toEqual([]);
  });
});

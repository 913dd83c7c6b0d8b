import { describeOnBackends, startBackend } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { discBatch, smallTrainer } from './small-trainer.fixture.ts';
import type { TrainedStep } from './trainer.ts';

/** Two steps of a phase from fixed weights, on the current backend. */
function twoSteps(phase: 'encoder' | 'denoiser'): TrainedStep[] {
  const trainer = smallTrainer();
  if (phase === 'denoiser') trainer.beginNextPhase(0);
  const steps = [0, 1].map((step) => trainer.step(discBatch(step), 0.5));
  trainer.dispose();
  return steps;
}

describeOnBackends('a training step', (backend) => {
  it.each(['encoder', 'denoiser'] as const)(
    'of the %s gives the losses and gradients of another backend',
    async (phase) => {
      const own = twoSteps(phase);
      await startBackend(backend === 'wasm' ? 'cpu' : 'wasm');
      const other = twoSteps(phase);
      await startBackend(backend);
      own.forEach(({ loss, gradientNorm }, i) => {
        expect(loss).toBeGreaterThan(0);
        expect(Math.abs(loss / other[i]!.loss - 1)).toBeLessThan(1e-4);
        expect(Math.abs(gradientNorm / other[i]!.gradientNorm - 1)).toBeLessThan(1e-3);
      });
    },
  );

  it('leaves no tensor behind', () => {
    const trainer = smallTrainer();
    trainer.step(discBatch(0), 0.5);
    const before = tf.memory().numTensors;
    trainer.step(discBatch(1), 0.5);
    expect(tf.memory().numTensors).toBe(before);
    trainer.dispose();
  });
});

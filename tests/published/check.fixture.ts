import { expect } from 'vitest';
import { dicomSyntaxes } from '../../packages/image-io/src/dicom/syntaxes.fixture.ts';
import type { Outcome } from './outcome.fixture.ts';

/** Holds an outcome against what the files hold and what ES modules give in Node. */
export function check(outcome: Outcome, expected: Outcome): void {
  expect(outcome.backend).toBe('wasm');
  expect(outcome.voxels).toEqual(Object.fromEntries(dicomSyntaxes.map(({ name, values }) => [name, values])));
  expect(outcome.exported).toEqual(expected.exported);
  expect(outcome.variant).toBe(expected.variant);
  expect(outcome.losses).toHaveLength(12);
  outcome.losses.forEach((loss, step) => {
    expect(loss, `loss of step ${step}`).toBeCloseTo(expected.losses[step]!, 4);
  });
  expect(outcome.probability).toHaveLength(256);
  outcome.probability.forEach((value, i) => {
    expect(value, `probability of pixel ${i}`).toBeCloseTo(expected.probability[i]!, 3);
  });
}

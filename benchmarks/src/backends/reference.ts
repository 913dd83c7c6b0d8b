import type { Case } from './case.ts';
import { inputsOf, outputWeights, samplePlaces } from './inputs.ts';

/** What a case must give, in float64. */
export interface Expected {
  readonly value: Float64Array;
  /** Of each input, d sum(value * weights) / d input at the places of {@link samplePlaces}; null where there is none. */
  readonly gradients: Float64Array[] | null;
}

/** Evaluates the definition, and its derivative by central differences of fourth order: good to about 1e-9. */
export function expectedOf(testCase: Case): Expected {
  const inputs = inputsOf(testCase);
  const value = testCase.reference(...inputs);
  if (testCase.noGradient !== undefined) return { value, gradients: null };
  const weights = outputWeights(value.length);
  const total = (): number => testCase.reference(...inputs).reduce((sum, v, i) => sum + v * weights[i]!, 0);
  const gradients = inputs.map(({ data }) => {
    return Float64Array.from(samplePlaces(data.length), (at) => derivative(data, at, total));
  });
  return { value, gradients };
}

const STEP = 2e-3;

function derivative(data: Float64Array, at: number, total: () => number): number {
  const original = data[at]!;
  const difference = (step: number): number => {
    data[at] = original + step;
    const above = total();
    data[at] = original - step;
    const below = total();
    return (above - below) / (2 * step);
  };
  const slope = (4 * difference(STEP) - difference(2 * STEP)) / 3;
  data[at] = original;
  return slope;
}

import { createRandom } from '@medseg/random';
import { expect, it } from 'vitest';
import { LossAwareTimes } from './loss-aware-times.ts';

const T = 3;
/** Ten losses at each of three times: 1, 2 and 5. */
function filled(): LossAwareTimes {
  const times = new LossAwareTimes(T);
  for (let i = 0; i < 10; i++) times.note({ t: Int32Array.of(0, 1, 2) }, Float32Array.of(1, 2, 5));
  return times;
}
/** sqrt(E[loss^2]) in proportion, mixed with the even distribution, as guided-diffusion's LossSecondMomentResampler. */
const chances = [1, 2, 5].map((loss) => (loss / 8) * (1 - 0.001) + 0.001 / T);

it('draws evenly until each time has been seen ten times', () => {
  const times = new LossAwareTimes(T);
  for (let i = 0; i < 9; i++) times.note({ t: Int32Array.of(0, 1, 2) }, Float32Array.of(1, 2, 5));
  const { t, weights } = times.draw(3000, createRandom(1));
  expect([...weights].every((weight) => weight === 1)).toBe(true);
  for (let step = 0; step < T; step++) {
    expect(t.filter((value) => value === step).length / 3000).toBeCloseTo(1 / 3, 1);
  }
});

it('then draws by the second moment, and evens it out by the weights', () => {
  const { t, weights } = filled().draw(20000, createRandom(1));
  t.forEach((step, i) => void expect(weights[i]).toBeCloseTo(1 / (T * chances[step]!), 10));
  for (let step = 0; step < T; step++) {
    const share = t.filter((value) => value === step).length / 20000;
    expect(Math.abs(share - chances[step]!)).toBeLessThan(0.01);
  }
  const mean = weights.reduce((sum, weight, i) => sum + weight * [1, 2, 5][t[i]!]!, 0) / 20000;
  expect(mean).toBeCloseTo(8 / 3, 1); // unbiased
});

it('forgets all but the last ten losses', () => {
  const times = filled();
  for (let i = 0; i < 10; i++) times.note({ t: Int32Array.of(0) }, Float32Array.of(5));
  const { t, weights } = times.draw(100, createRandom(2));
  const at = t.indexOf(0);
  expect(weights[at]).toBeCloseTo(1 / (T * ((5 / 12) * (1 - 0.001) + 0.001 / T)), 10);
});

it('is saved and loaded to the bit, full or not', () => {
  for (const count of [0, 1, 4, 10, 13]) {
    const times = new LossAwareTimes(T);
    const random = createRandom(3);
    for (let i = 0; i < count; i++) {
      times.note(
        { t: Int32Array.of(0, 1, 1, 2) },
        Float32Array.from({ length: 4 }, () => random.uniform()),
      );
    }
    const values = times.save();
    expect(values.length).toBe(T * 11);
    const other = new LossAwareTimes(T);
    expect(other.accepts(values)).toBe(true);
    other.load(values);
    expect(other.save()).toEqual(values);
    expect(other.draw(50, createRandom(4))).toEqual(times.draw(50, createRandom(4)));
  }
});

it('knows what it cannot have saved', () => {
  const times = filled();
  const values = times.save();
  expect(times.accepts(values.slice(1))).toBe(false);
  expect(times.accepts(values.map((value, i) => (i === 11 ? 11 : value)))).toBe(false);
  expect(times.accepts(values.map((value, i) => (i === 0 ? 0.5 : value)))).toBe(false);
  expect(times.accepts(values.map((value, i) => (i === 3 ? Number.NaN : value)))).toBe(false);
});

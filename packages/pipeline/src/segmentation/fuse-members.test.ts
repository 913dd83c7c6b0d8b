import { staple, stapleLabels } from '@medseg/metrics';
import { createRandom } from '@medseg/random';
import { describe, expect, it } from 'vitest';
import { fuseMembers } from './fuse-members.ts';

const mask = (...values: number[]): Uint8Array => Uint8Array.from(values);
/** Masks of two classes from labels, 0 being the background. */
const ofLabels = (...labels: number[]): Uint8Array[] =>
  [1, 2].map((label) => Uint8Array.from(labels, (value) => (value === label ? 1 : 0)));

describe('fuseMembers', () => {
  it('takes what more than half of the members say', () => {
    const members = [[mask(1, 1, 1, 0)], [mask(1, 1, 0, 0)], [mask(1, 0, 0, 0)]];
    expect(fuseMembers(members, 'majority', { exclusive: false })).toEqual([mask(1, 1, 0, 0)]);
    expect(fuseMembers(members.slice(1), 'majority', { exclusive: false })).toEqual([mask(1, 0, 0, 0)]); // half is not more
  });

  it('votes on labels where classes exclude each other, and on each class where they overlap', () => {
    const members = [ofLabels(1, 1, 2, 0, 1), ofLabels(1, 2, 2, 0, 2), ofLabels(2, 0, 2, 1, 0)];
    expect(fuseMembers(members, 'majority', { exclusive: true })).toEqual(ofLabels(1, 0, 2, 0, 0));
    const nested = [
      [mask(1, 1, 1), mask(1, 1, 0)],
      [mask(1, 1, 0), mask(1, 0, 0)],
      [mask(1, 0, 0), mask(0, 0, 0)],
    ];
    expect(fuseMembers(nested, 'majority', { exclusive: false })).toEqual([mask(1, 1, 0), mask(1, 0, 0)]);
  });

  it('weighs members by STAPLE, over the whole scan', () => {
    // Three members draw the same disc with few errors, four draw noise: votes follow the noise, STAPLE does not.
    const random = createRandom(2);
    const truth = Uint8Array.from({ length: 400 }, (_, i) =>
      Math.hypot((i % 20) - 10, Math.floor(i / 20) - 10) < 7 ? 1 : 0,
    );
    const flipped = (share: number): Uint8Array => truth.map((value) => (random.uniform() < share ? 1 - value : value));
    const drawn = [0.02, 0.02, 0.02, 0.45, 0.45, 0.45, 0.45].map((share) => flipped(share));
    const wrong = (fused: Uint8Array): number => fused.reduce((sum, value, i) => sum + Math.abs(value - truth[i]!), 0);
    const members = drawn.map((own) => [own]);
    const [voted] = fuseMembers(members, 'majority', { exclusive: false });
    const [weighed] = fuseMembers(members, 'staple', { exclusive: false });
    expect([...weighed!]).toEqual(Array.from(staple(drawn).probability, (p) => (p >= 0.5 ? 1 : 0)));
    expect(wrong(weighed!)).toBeLessThan(wrong(voted!) / 2);
    const labels = drawn.map((own) => own.map((value, i) => (value && i % 20 < 10 ? 2 : value)));
    const expected = stapleLabels(labels, { classes: 3, undecided: 0 }).labels;
    const fused = fuseMembers(
      labels.map((own) => ofLabels(...own)),
      'staple',
      { exclusive: true },
    );
    expect(fused).toEqual(ofLabels(...expected));
  });

  it.each(['majority', 'staple'] as const)('leaves a single member as it is, and members that agree (%s)', (how) => {
    for (const exclusive of [true, false]) {
      for (const own of [ofLabels(0, 1, 2, 2, 0), ofLabels(0, 0, 0, 0, 0), ofLabels(1, 1, 1, 1, 1)]) {
        expect(fuseMembers([own], how, { exclusive })).toEqual(own);
        expect(fuseMembers([own, own, own], how, { exclusive })).toEqual(own);
      }
    }
  });
});

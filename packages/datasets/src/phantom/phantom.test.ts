import { describe, expect, it } from 'vitest';
import { acceptCases } from '../data-error.ts';
import { listLgg } from '../layouts/lgg.ts';
import { loadOriginal } from '../loading/load-sample.ts';
import { checkCases } from '../reading/check-cases.ts';
import { folderWith } from '../temporary-folder.fixture.ts';
import { drawPhantomSlice, type PhantomSlice } from './phantom.ts';
import { fractalNoise } from './value-noise.ts';
import { writePhantom } from './write-phantom.ts';

/** Dice of the pixels over a threshold that Otsu (1979) chooses on one channel, or on the mean of all. */
function otsuDice({ image, mask }: PhantomSlice, channel: number | 'mean'): number {
  const values = Array.from({ length: mask.data.length }, (_, i) => {
    const at = image.data.subarray(i * 3, i * 3 + 3);
    return channel === 'mean' ? Math.round((at[0]! + at[1]! + at[2]!) / 3) : at[channel]!;
  });
  const histogram = new Float64Array(256);
  for (const value of values) histogram[value]!++;
  const total = values.reduce((sum, value) => sum + value, 0);
  let best = 0;
  let threshold = 0;
  for (let t = 0, below = 0, sum = 0; t < 256; t++) {
    below += histogram[t]!;
    sum += t * histogram[t]!;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (sum / below - (total - sum) / above) ** 2;
    if (between > best) [best, threshold] = [between, t];
  }
  const both = values.filter((value, i) => value > threshold && mask.data[i] === 255).length;
  const either = values.filter((value) => value > threshold).length + mask.data.filter((v) => v === 255).length;
  return (2 * both) / either;
}

const slices = Array.from({ length: 12 }, (_, patient) =>
  drawPhantomSlice({ seed: 1, patient, slice: patient % 4, slices: 4 }),
);

describe('drawPhantomSlice', () => {
  it('gives the same pixels for the same options, and others for another seed, patient or slice', () => {
    const options = { seed: 1, patient: 2, slice: 1, slices: 3, size: 32 };
    const first = drawPhantomSlice(options);
    expect(drawPhantomSlice(options)).toEqual(first);
    for (const change of [{ seed: 2 }, { patient: 3 }, { slice: 2 }])
      expect(drawPhantomSlice({ ...options, ...change }).image).not.toEqual(first.image);
  });

  it('is not solved by thresholding', () => {
    for (const channel of [0, 1, 2, 'mean'] as const) {
      const dice = slices.map((slice) => otsuDice(slice, channel));
      expect(dice.reduce((sum, d) => sum + d, 0) / dice.length).toBeLessThan(0.35);
    }
  });

  it('has one lesion of 8 to 20 pixels radius in every slice, inside the head', () => {
    for (const { image, mask } of slices) {
      const area = mask.data.filter((value) => value === 255).length;
      expect(new Set(mask.data)).toEqual(new Set([0, 255]));
      expect(Math.sqrt(area / Math.PI)).toBeGreaterThan(7);
      expect(Math.sqrt(area / Math.PI)).toBeLessThan(21);
      for (let i = 0; i < 128; i++) {
        for (const edge of [i, 127 * 128 + i, i * 128, i * 128 + 127]) {
          expect(mask.data[edge]).toBe(0);
          expect(image.data[edge * 3 + 1]).toBeLessThan(40);
        }
      }
    }
  });

  it('has a lesion that is brighter than the rest of the head in FLAIR on average, and darker before contrast', () => {
    for (const { image, mask } of slices) {
      const mean = (channel: number, wanted: number): number => {
        const values = Array.from(mask.data, (m, i) => (m === wanted ? image.data[i * 3 + channel]! : 0)).filter(
          (value) => value > 50,
        );
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      expect(mean(1, 255)).toBeGreaterThan(mean(1, 0));
      expect(mean(0, 255)).toBeLessThan(mean(0, 0));
    }
  });

  it('refuses numbers out of range', () => {
    expect(() => drawPhantomSlice({ seed: 1, patient: 0, slice: 4, slices: 4 })).toThrow(
      'slice must be below 4, got 4',
    );
    expect(() => drawPhantomSlice({ seed: 1, patient: -1, slice: 0, slices: 4 })).toThrow(
      'patient must be a whole number of at least 0, got -1',
    );
    expect(() => drawPhantomSlice({ seed: 1, patient: 0, slice: 0, slices: 1, size: 8 })).toThrow(
      'size must be a whole number of at least 16, got 8',
    );
  });
});

describe('writePhantom', () => {
  it('writes files that are read the real way', async () => {
    const dir = await folderWith({});
    await writePhantom(dir, { patients: 3, slicesPerPatient: 2, size: 32, seed: 5 });
    const cases = acceptCases(await checkCases(await listLgg(dir)));
    expect(cases.map((c) => c.id)).toEqual([
      'PHANTOM_001_1',
      'PHANTOM_001_2',
      'PHANTOM_002_1',
      'PHANTOM_002_2',
      'PHANTOM_003_1',
      'PHANTOM_003_2',
    ]);
    expect(new Set(cases.map((c) => c.patient)).size).toBe(3);
    const drawn = drawPhantomSlice({ seed: 5, patient: 1, slice: 0, slices: 2, size: 32 });
    const read = await loadOriginal(cases[2]!);
    expect(read.image).toEqual(drawn.image);
    expect(read.mask).toEqual(drawn.mask.data.map((v) => v / 255));
  });
});

describe('fractalNoise', () => {
  it('is smooth, within bounds and different for each seed', () => {
    for (let i = 0; i < 500; i++) {
      const [x, y] = [i * 0.37 - 50, i * 0.11];
      const value = fractalNoise(x, y, 7, 3);
      expect(Math.abs(value)).toBeLessThanOrEqual(1);
      expect(Math.abs(fractalNoise(x + 1e-4, y, 7, 3) - value)).toBeLessThan(2e-3);
    }
    expect(fractalNoise(0.5, 0.5, 1, 2)).not.toBe(fractalNoise(0.5, 0.5, 2, 2));
  });
});

import { join } from 'node:path';
import { createVolume } from '@medseg/image-io';
import { writeVolume } from '@medseg/image-io/node';
import { createRandom } from '@medseg/random';
import { describe, expect, it } from 'vitest';
import { augment } from '../batches/augment.ts';
import { stackSamples } from '../batches/batch.ts';
import { changeSample } from '../batches/batcher.ts';
import { mixup } from '../batches/mixup.ts';
import { warp } from '../batches/warp.ts';
import type { Case, Sample } from '../case.ts';
import { classMap, parseClasses } from '../class-map.ts';
import { LAYOUTS } from '../layouts/layouts.ts';
import { checkCases } from '../reading/check-cases.ts';
import { requireForeground } from '../reading/class-presence.ts';
import { fuseAnnotators } from '../reading/fuse-annotators.ts';
import { readCase } from '../reading/read-case.ts';
import { summarizeCases } from '../reading/summarize-cases.ts';
import { uniteParts } from '../reading/unite-parts.ts';
import { cutMask, cutWeights } from '../slicing/cut-mask.ts';
import { labelsOfBits } from '../slicing/label-map.ts';
import { folderWith, png } from '../temporary-folder.fixture.ts';
import { openCases } from './case-source.ts';
import { loadOriginal, loadSample } from './load-sample.ts';

const classes = '{ "lesion": 1, "ignore": 255 }';
const labels = Uint8Array.of(0, 1, 255, 0, 1, 1, 255, 255, 0, 1, 1, 1, 0, 0, 0, 1);

/** A data set of one image of 4x4 pixels in paired folders. */
async function listed(values = labels, rest: Record<string, string> = {}): Promise<Case[]> {
  const dir = await folderWith({
    'images/a.png': png(
      4,
      4,
      1,
      Uint8Array.from({ length: 16 }, (_, i) => i),
    ),
    'masks/a.png': png(4, 4, 1, values),
    'classes.json': classes,
    ...rest,
  });
  const { cases, problems } = await checkCases(await LAYOUTS.folder(dir));
  expect(problems).toEqual([]);
  return cases;
}

const size = { imageSize: [4, 4] } as const;
/** A sample whose only image channel is its own weights, and whose mask is that of the label. */
const sampleOf = (side: number, weigh: (i: number) => number): Sample => {
  const pixelWeights = Float32Array.from({ length: side * side }, (_, i) => weigh(i));
  const mask = pixelWeights.map((_, i) => ((i * 13) % 7 < 3 ? 1 : 0));
  return {
    ...{ id: 'a', patient: 'p', height: side, width: side, channels: 1, classes: 1, originalSize: [side, side] },
    ...{ image: pixelWeights.slice(), mask, pixelWeights },
  };
};

describe('pixels to ignore', () => {
  it('are named ignore in classes.json and in the option, and are no class', async () => {
    const [c] = await listed();
    expect(c!.classes).toEqual({ names: ['lesion'], values: [[1]], exclusive: true, ignore: [255] });
    expect(parseClasses('lesion=1,ignore=255')).toEqual(c!.classes);
    expect(() => parseClasses('lesion=1,ignore=1')).toThrow(
      'a value to ignore is neither a class nor background, got 1',
    );
    expect(() => classMap({ lesion: 1 }, { ignore: [0] })).toThrow('neither a class nor background, got 0');
    expect(c!.facts).toMatchObject({ foreground: [7], ignored: 3 });
    const { ignored, classes: balance } = summarizeCases([c!]);
    expect(ignored).toEqual({ pixels: 3, share: 3 / 16, cases: 1 });
    expect(balance[0]!.share).toBe(7 / 13);
    const [{ bits }] = (await readCase(c!)).masks as [{ bits: Uint8Array }];
    expect([...labelsOfBits(bits, c!.classes)]).toEqual([...labels]);
    // All that counts is foreground: there is nothing to tell it from.
    const full = await listed(labels.map((value) => value || 1));
    expect(() => requireForeground(full, 'data')).toThrow('masks must have background, but that of the only case is');
  });

  it('weigh nothing in a sample, and leave the mask around them as it is', async () => {
    const [c] = await listed();
    const sample = await loadSample(c!, size);
    expect([...sample.mask]).toEqual([...labels].map((value) => (value === 1 ? 1 : 0)));
    expect([...sample.pixelWeights!]).toEqual([...labels].map((value) => (value === 255 ? 0 : 1)));
    const { mask, ignored } = await loadOriginal(c!);
    expect([mask, ignored].map((values) => [...values!])).toEqual([
      [...sample.mask],
      [...sample.pixelWeights!].map((weight) => 1 - weight),
    ]);
    expect((await loadSample((await listed(labels.map((v) => v % 255)))[0]!, size)).pixelWeights).toBeUndefined();
  });

  it('weigh by area where pixels are united, and the others decide what the mask is', async () => {
    const [c] = await listed();
    const half = { imageSize: [2, 2] } as const;
    const sample = await loadSample(c!, half);
    // 3 of 4 are of the class; of the one that counts none is, one of four is; one is; three of four are.
    expect([...sample.pixelWeights!]).toEqual([1, 0.25, 1, 1]);
    expect([...sample.mask]).toEqual([1, 0, 0, 1]);
    const soft = openCases([c!], { ...half, maskResize: 'soft' });
    expect([...(await soft.sample(0)).mask]).toEqual([0.75, 0, 0.25, 0.75]);
    const nearest = await openCases([c!], { ...half, maskResize: 'nearest' }).sample(0);
    expect([...nearest.pixelWeights!]).toEqual([1, 0, 1, 1]);
  });

  it('leave shares of the area that counts: what is ignored is not background', () => {
    const grid = { count: 1, height: 1, width: 4, start: 0, strides: [0, 4, 1] } as const;
    const layer = { bits: Uint8Array.of(1, 0, 0, 0), ignored: Uint8Array.of(0, 1, 1, 1) };
    const options = { classes: 1, exclusive: true, imageSize: [1, 1] } as const;
    expect(cutMask(layer, grid, { slice: 0 }, options)).toEqual(Float32Array.of(1));
    expect(cutWeights(layer, grid, { slice: 0 }, options)).toEqual(Float32Array.of(0.25));
    const exclusive = { bits: Uint8Array.of(1, 2, 0, 0), ignored: Uint8Array.of(0, 0, 1, 1) };
    expect([...cutMask(exclusive, grid, { slice: 0 }, { ...options, classes: 2 })]).toEqual([1, 0]);
  });

  it('come from threads as they do from this one', async () => {
    const cases = await listed();
    const workerUrl = new URL('../../dist/worker.js', import.meta.url);
    const source = openCases(cases, { ...size, workers: 1, workerUrl });
    const alone = openCases(cases, size);
    expect(await source.sample(0)).toEqual(await alone.sample(0));
    const change = { seed: 3, augment: { rotate: 20, scale: 0.2, mixup: 0 } };
    for (let epoch = 0; epoch < 2; epoch++) {
      const kept = await alone.sample(0);
      expect(await source.changed!(0, epoch, change)).toEqual(changeSample(kept, 0, epoch, change));
    }
    await source.close!();
  });

  it('follow flips, turns and bends, and edges that repeat count as they do', () => {
    const sample = sampleOf(5, (i) => (i % 5 === 0 || i === 12 ? 0 : 1));
    for (let seed = 0; seed < 20; seed++) {
      const { image, pixelWeights } = augment(sample, createRandom(seed), { rotate90: true, intensity: 0 });
      expect(image).toEqual(pixelWeights);
    }
    // The image is interpolated, the weights beside a hard mask are not: where all around count, so does the pixel.
    const moved = augment(sample, createRandom(2), { rotate: 30, scale: 0.5, elastic: 1, flip: false, intensity: 0 });
    expect(new Set(moved.pixelWeights)).toEqual(new Set([0, 1]));
    for (let i = 0; i < 25; i++) {
      if (moved.image[i] === 1) expect(moved.pixelWeights![i]).toBe(1);
      if (moved.image[i] === 0) expect(moved.pixelWeights![i]).toBe(0);
    }
    const all = augment(
      sampleOf(5, () => 1),
      createRandom(2),
      { rotate: 30, scale: 0.9, elastic: 2 },
    );
    expect(new Set(all.pixelWeights)).toEqual(new Set([1]));
  });

  it('do not colour the soft mask beside them when it bends', () => {
    const sample = sampleOf(6, (i) => (i % 2 === 0 ? 0 : 1));
    // What counts is 0.5 everywhere; what does not is 1.
    const mask = sample.mask.map((_, i) => (i % 2 === 0 ? 1 : 0.5));
    const bent = warp({ ...sample, mask }, createRandom(4), { rotate: 40, elastic: 1 });
    const known = [...bent.mask].filter((_, i) => bent.pixelWeights![i]! > 0);
    expect(known.length).toBeGreaterThan(20);
    for (const value of known) expect(value).toBeCloseTo(0.5, 5);
  });

  it('are unknown in a mixture, from either side; a batch has weights where one sample does', () => {
    const [a, b] = [sampleOf(2, (i) => (i === 0 ? 0 : 1)), sampleOf(2, (i) => (i === 3 ? 0 : 1))];
    const { pixelWeights: _, ...whole } = a;
    expect([...stackSamples([whole, b]).pixelWeights!]).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(stackSamples([whole, whole]).pixelWeights).toBeUndefined();
    const batch = stackSamples([a, b]);
    const seed = Array.from({ length: 20 }, (_, i) => i).find((i) => createRandom(i).permutation(2)[0] === 1)!;
    const mixed = mixup(batch, createRandom(seed), 1);
    expect([...mixed.pixelWeights!]).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
  });

  it('are no votes: the annotators that mark a pixel decide, and where there are none it is ignored', () => {
    // Bit 2 of two classes is the mark of a pixel to ignore.
    const masks = [
      [1, 4, 4, 2, 4],
      [0, 2, 4, 2, 0],
      [0, 0, 4, 4, 1],
    ].map((bits) => ({ bits: Uint8Array.from(bits) }));
    const two = { count: 2, exclusive: true };
    const ignored = Uint8Array.of(0, 0, 1, 0, 0);
    expect(fuseAnnotators(masks, two, 'majority', 'c')).toEqual([{ bits: Uint8Array.of(0, 2, 0, 2, 1), ignored }]);
    const [mean] = fuseAnnotators(masks, two, 'mean', 'c') as [{ shares: Float32Array; ignored: Uint8Array }];
    expect(mean.ignored).toEqual(ignored);
    expect([...mean.shares].map((share) => Number(share.toFixed(3)))).toEqual([0.333, 0, 0, 0.5, 0, 0, 0, 1, 0.5, 0]);
    const [fused] = fuseAnnotators(masks, two, { fuse: (all) => all[0]! }, 'c');
    expect(fused!.ignored).toEqual(Uint8Array.of(0, 1, 1, 1, 1));
    expect(fuseAnnotators(masks, two, 'draw', 'c')[2]).toEqual({
      bits: Uint8Array.of(0, 0, 0, 0, 1),
      ignored: Uint8Array.of(0, 0, 1, 1, 0),
    });
  });

  it('win over the parts of one mask', () => {
    const parts = [Uint8Array.of(2, 1, 0, 0), Uint8Array.of(1, 2, 2, 1)];
    expect(uniteParts(parts, { count: 1, exclusive: true })).toEqual({
      ...{ bits: Uint8Array.of(2, 2, 2, 1), overlaps: false, disputed: false },
    });
  });

  it('are counted along a volume, whose slices of nothing else are no samples', async () => {
    const dir = await folderWith({ 'classes.json': classes, 'images/readme.txt': '', 'masks/readme.txt': '' });
    const geometry = { size: [3, 3, 3], spacing: [1, 1, 1], origin: [0, 0, 0] } as const;
    const values = Int16Array.from({ length: 27 }, (_, i) => (i < 9 ? 255 : i === 9 ? 1 : i === 10 ? 255 : 0));
    await writeVolume(join(dir, 'images', 'v.nii'), createVolume({ ...geometry, data: values.map((_, i) => i) }));
    await writeVolume(join(dir, 'masks', 'v.nii'), createVolume({ ...geometry, data: values }));
    const { cases, problems } = await checkCases(await LAYOUTS.folder(dir));
    expect(problems).toEqual([]);
    expect(cases[0]!.facts).toMatchObject({ ignored: 10, foreground: [1] });
    expect(cases[0]!.facts!.ignoredAlong![2]).toEqual([9, 1, 0]);
    expect(cases[0]!.facts!.foregroundAlong![2]).toEqual([0, 1, 0]);
    const source = openCases(cases, { imageSize: [3, 3] });
    expect(source.length).toBe(2);
    const samples = await Promise.all([0, 1].map((i) => source.sample(i)));
    expect(samples.map(({ pixelWeights }) => pixelWeights?.reduce((sum, weight) => sum + weight, 0))).toContain(8);
    expect(openCases(cases, { imageSize: [3, 3], view: { plane: 'sagittal' } }).length).toBe(3);
  });
});

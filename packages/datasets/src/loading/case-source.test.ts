import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVolume } from '@medseg/image-io';
import { writeVolume } from '@medseg/image-io/node';
import { staple } from '@medseg/metrics';
import { describe, expect, it } from 'vitest';
import { createBatcher } from '../batches/batcher.ts';
import type { Case } from '../case.ts';
import { classMap } from '../class-map.ts';
import { listFolder } from '../layouts/folder.ts';
import { checkCases } from '../reading/check-cases.ts';
import { itemsOf } from '../slicing/items.ts';
import { folderWith, mask, png } from '../temporary-folder.fixture.ts';
import { openCases } from './case-source.ts';

const size = [4, 4, 6] as const;

/** Volumes of which slice k has intensity 10 k + case, and slices 2 and 3 have labels 1 and 2. */
async function volumes(count: number, masks = 1): Promise<{ dir: string; cases: Case[] }> {
  const dir = await folderWith({});
  const cases: Case[] = [];
  for (let n = 0; n < count; n++) {
    const image = Float32Array.from({ length: 96 }, (_, i) => 10 * Math.floor(i / 16) + n + 1);
    const labels = Uint8Array.from({ length: 96 }, (_, i) => [0, 0, 1, 2, 0, 0][Math.floor(i / 16)]!);
    await writeVolume(join(dir, `${n}.nii`), createVolume({ size, data: image, spacing: [1, 2, 3] }));
    const own = Array.from({ length: masks }, (_, m) => ({ path: join(dir, `${n}_${m}.nii`), annotator: `A${m}` }));
    for (const [m, { path }] of own.entries())
      await writeVolume(
        path,
        createVolume({ size, data: m === 1 ? labels.map((v) => (v === 2 ? 0 : v)) : labels, spacing: [1, 2, 3] }),
      );
    cases.push({
      id: `${n}`,
      patient: `p${n}`,
      images: [join(dir, `${n}.nii`)],
      masks: own,
      classes: classMap({ a: 1, b: 2 }),
    });
  }
  return { dir, cases: (await checkCases({ cases, problems: [] })).cases };
}
const plain = { imageSize: [4, 4] as const, normalization: 'none' as const };

describe('itemsOf', () => {
  it('leaves out empty slices by their share, the same ones for the same seed', async () => {
    const { cases } = await volumes(30);
    const kept = (emptyShare: number, seed = 1): string[] =>
      itemsOf(cases, { ...plain, emptyShare, seed }).map((item) => item.id);
    expect(kept(1)).toHaveLength(180);
    expect(kept(0).slice(0, 3)).toEqual(['0_axial_002', '0_axial_003', '1_axial_002']);
    expect(kept(0)).toHaveLength(60);
    const some = kept(0.25);
    expect(some.length - 60).toBeGreaterThan(15);
    expect(some.length - 60).toBeLessThan(45);
    expect(kept(0.25)).toEqual(some);
    expect(kept(0.25, 2)).not.toEqual(some);
    // What stays of one case does not depend on the others.
    expect(itemsOf(cases.slice(0, 1), { ...plain, emptyShare: 0.25, seed: 1 }).map((item) => item.id)).toEqual(
      some.filter((id) => id.startsWith('0_')),
    );
    expect(itemsOf(cases, { ...plain, emptyShare: 0, view: { plane: 'sagittal' } })).toHaveLength(120);
  });

  it('wants to know the size of a volume', async () => {
    const { cases } = await volumes(1);
    const { facts: _, ...unread } = cases[0]!;
    expect(() => itemsOf([unread], plain)).toThrow('0 must have been read by checkCases');
    expect(() => itemsOf(cases, { ...plain, emptyShare: 2 })).toThrow('emptyShare must be a share from 0 to 1, got 2');
  });
});

describe('openCases on volumes', () => {
  it('gives slices with classes one-hot and spacing, and decodes a volume once', async () => {
    const { dir, cases } = await volumes(2);
    const source = openCases(cases, { ...plain, imageSize: [2, 4] });
    const first = await source.sample(2);
    expect(first).toMatchObject({
      id: '0_axial_002',
      patient: 'p0',
      height: 2,
      width: 4,
      channels: 1,
      classes: 2,
      originalSize: [4, 4],
      spacing: [4, 1],
    });
    expect([first.image[0], first.mask.slice(0, 4)]).toEqual([21, Float32Array.of(1, 0, 1, 0)]);
    await writeFile(join(dir, '0.nii'), 'gone');
    expect((await source.sample(5)).image[0]).toBe(51);
    expect((await source.sample(11)).image[0]).toBe(52);
  });

  it('reads each volume once an epoch where memory holds but one, and shows every slice once', async () => {
    const { cases } = await volumes(5);
    const source = openCases(cases, { ...plain, maxBytes: 500 });
    expect(source.groups!.atOnce).toBe(1);
    const batcher = createBatcher(source, { batchSize: 30, seed: 2, augment: false });
    for (const step of [0, 1]) {
      const { ids } = await batcher.batchAt(step);
      expect(new Set(ids).size).toBe(30);
      const runs = ids.filter((id, i) => id[0] !== ids[i - 1]?.[0]);
      expect(runs).toHaveLength(5);
      expect(ids).not.toEqual([...ids].sort());
    }
    const roomy = createBatcher(openCases(cases, plain), { batchSize: 30, seed: 2, augment: false });
    const mixed = (await roomy.batchAt(0)).ids;
    expect(mixed.filter((id, i) => id[0] !== mixed[i - 1]?.[0]).length).toBeGreaterThan(10);
  });

  it('draws an annotator for each epoch, or asks STAPLE', async () => {
    const { cases } = await volumes(1, 2);
    const drawn = openCases(cases, { ...plain, annotators: 'draw', seed: 4 });
    const seen = await Promise.all(
      Array.from({ length: 12 }, async (_, epoch) => (await drawn.sample(3, epoch)).mask[1]!),
    );
    expect(new Set(seen)).toEqual(new Set([0, 1]));
    expect((await drawn.sample(3, 7)).mask[1]).toBe(seen[7]);
    const fused = openCases(cases, { ...plain, annotators: { fuse: (masks) => staple(masks).probability } });
    expect((await fused.sample(2)).mask[0]).toBeCloseTo(1, 3);
    expect((await openCases(cases, { ...plain, annotators: 'mean' }).sample(3)).mask[1]).toBe(0.5);
  });

  it('names masks that lie elsewhere than their image', async () => {
    const { cases } = await volumes(1);
    await writeVolume(
      cases[0]!.masks[0]!.path,
      createVolume({ size, data: new Uint8Array(96), spacing: [1, 2, 3], origin: [0, 0, 9] }),
    );
    const { problems } = await checkCases({ cases, problems: [] });
    expect(problems.map((p) => p.rule)).toEqual(['a mask must lie where its image lies, got corners 9.00 mm apart']);
  });
});

describe('listing 10,000 cases', () => {
  it('takes under two seconds, since no file is opened', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [
        [`images/${i}.png`, ''],
        [`masks/${i}.png`, ''],
      ]).flat(),
    );
    const dir = await folderWith(files);
    await listFolder(dir);
    const start = performance.now();
    expect((await listFolder(dir)).cases).toHaveLength(2000);
    // A fifth of the cases in a fifth of the time; names are compared n log n times.
    expect(performance.now() - start).toBeLessThan(400);
  });
});

describe('patches of an image', () => {
  it('are cut at its own resolution', async () => {
    const dir = await folderWith({ 'images/a.png': png(10, 7, 3), 'masks/a.png': mask(10, 7) });
    const { cases } = await checkCases(await listFolder(dir));
    const source = openCases(cases, { imageSize: [4, 4], normalization: 'none', view: { patches: { overlap: 0 } } });
    expect(source.length).toBe(6);
    const { id, image, spacing } = await source.sample(1);
    expect([id, image[0], spacing]).toEqual(['a_y0_x3', (3 * 3 * 37) % 256, undefined]);
  });
});

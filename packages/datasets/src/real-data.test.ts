import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createAssembler } from './assemble.ts';
import { openCases } from './case-source.ts';
import { checkCases } from './check-cases.ts';
import { acceptCases } from './data-error.ts';
import { labelsOf, labelsOfBits } from './label-map.ts';
import { listDecathlon } from './list-decathlon.ts';
import { prepareScan } from './prepare.ts';
import { readCase } from './read-case.ts';

const shared = process.env.MEDSEG_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const isMissing = !existsSync(join(shared, 'data')) && process.env.CI !== 'true';

describe.skipIf(isMissing)('the hippocampus of the Decathlon', () => {
  it('comes as slices of every plane, of one scale whatever the type in the file, and goes back unchanged', async () => {
    const listing = await listDecathlon(join(shared, 'data/Task04_Hippocampus'));
    expect([listing.cases.length, listing.problems, listing.classes?.names]).toEqual([
      208,
      [],
      ['Anterior', 'Posterior'],
    ]);
    const cases = acceptCases(await checkCases(listing));
    expect(new Set(cases.map((c) => c.facts!.dtype))).toEqual(new Set(['float32', 'uint8']));
    const maxima = cases.map((c) => c.facts!.maximum);
    expect([Math.min(...maxima), Math.max(...maxima)].map(Math.round)).toEqual([112, 1704295]); // nibabel
    const slices = openCases([cases[0]!, cases.find((c) => c.facts!.dtype === 'uint8')!], { imageSize: [32, 32] });
    for (const index of [10, slices.length - 10]) {
      const { image } = await slices.sample(index);
      expect(Math.max(...image.map(Math.abs))).toBeLessThan(6);
    }
    for (const plane of ['axial', 'coronal', 'sagittal', 'i', 'j', 'k'] as const) {
      const c = cases[0]!;
      const { scan, masks } = await readCase(c);
      const prepared = prepareScan(scan, { imageSize: [64, 64], view: { plane } });
      const back = createAssembler(prepared.grid, 2);
      const source = openCases([c], { imageSize: [96, 96], view: { plane } });
      expect(source.length).toBe(prepared.grid.count);
      for (let i = 0; i < source.length; i++) {
        const { mask, source: from } = await source.sample(i);
        back.add(from!.place, mask, [96, 96]);
      }
      const found = labelsOf(back.values(), listing.classes);
      const truth = labelsOfBits(masks[0]!.bits, listing.classes);
      let wrong = 0;
      for (let i = 0; i < truth.length; i++) if (found[i] !== truth[i]) wrong++;
      expect(wrong / truth.length).toBeLessThan(0.004);
    }
  });
});

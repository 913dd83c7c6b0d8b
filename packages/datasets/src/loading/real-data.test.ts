import { join } from 'node:path';
import { readVolume } from '@medseg/image-io/node';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { parseClasses } from '../class-map.ts';
import { acceptCases } from '../data-error.ts';
import { listDecathlon } from '../layouts/decathlon.ts';
import { LAYOUTS } from '../layouts/layouts.ts';
import type { LayoutName } from '../layouts/names.ts';
import { checkCases } from '../reading/check-cases.ts';
import { readCase } from '../reading/read-case.ts';
import { createAssembler } from '../slicing/assemble.ts';
import { labelsOf, labelsOfBits } from '../slicing/label-map.ts';
import { prepareScan } from '../slicing/prepare.ts';
import { readSplit } from '../splits/read-split.ts';
import { splitByPatient } from '../splits/split.ts';
import { openCases } from './case-source.ts';

describe.skipIf(lacksShared('data'))('the hippocampus of the Decathlon', () => {
  it('comes as slices of every plane, of one scale whatever the type in the file, and goes back unchanged', async () => {
    const listing = await listDecathlon(sharedPath('data', 'Task04_Hippocampus'));
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

describe.skipIf(lacksShared('data'))('files of every kind', () => {
  // Pixels of each class, counted with Pillow, pynrrd and numpy.
  it.each<[string, LayoutName, string | undefined, number, number, number[]]>([
    ['chase_db1', 'folder', undefined, 4, 2, [76841]],
    ['isic2017', 'isic', undefined, 1, 1, [828774]],
    ['wbc', 'folder', 'cytoplasm=128,nucleus=255', 6, 6, [690, 1606]],
    ['isbi2012', 'folder', 'membrane=0', 4, 4, [57492]],
    ['dsb2018', 'folder', undefined, 12, 12, [945]],
    ['kvasir', 'folder', undefined, 3, 3, [93043]],
    ['dicom/series_24x38x3', 'dicom', undefined, 1, 1, [315]],
  ])('%s as %s', async (name, layout, classes, cases, patients, first) => {
    const listing = await LAYOUTS[layout](
      sharedPath('data', 'formats', name),
      classes === undefined ? {} : { classes: parseClasses(classes) },
    );
    const checked = await checkCases(listing);
    expect(checked.problems).toEqual([]);
    expect([checked.cases.length, new Set(checked.cases.map((c) => c.patient)).size]).toEqual([cases, patients]);
    expect(checked.cases[0]!.facts!.foreground).toEqual(first);
    const source = openCases(checked.cases, {
      imageSize: [32, 32],
      normalization: checked.normalization!,
      emptyShare: 0,
    });
    const { image, mask } = await source.sample(0);
    expect(image.every(Number.isFinite)).toBe(true);
    expect(mask.some((value) => value === 1)).toBe(true);
  });

  it('a DICOM SEG is the label volume of its NRRD file', async () => {
    const dir = sharedPath('data', 'formats/dicom/series_24x38x3');
    const { scan, masks } = await readCase((await LAYOUTS.dicom(dir)).cases[0]!);
    const truth = await readVolume(join(dir, 'nrrd/label.nrrd'));
    expect((scan as { size: unknown }).size).toEqual(truth.size);
    expect([...masks[0]!.bits]).toEqual([...truth.data].map((value) => (value > 0 ? 1 : 0)));
  });

  it('the Decathlon names its validation volumes', async () => {
    const dir = sharedPath('data', 'Task04_Hippocampus');
    const { train, validation } = splitByPatient((await listDecathlon(dir)).cases, await readSplit(dir));
    expect([train.length, validation.length]).toEqual([182, 26]);
  });
});

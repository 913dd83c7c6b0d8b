import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createVolume, encodeDicomSegmentation, type Matrix } from '@medseg/image-io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Element, image, withMark } from '../../../image-io/src/dicom/elements.fixture.ts';
import { classMap } from '../class-map.ts';
import { checkCases } from '../reading/check-cases.ts';
import { readCase } from '../reading/read-case.ts';
import { listDicom } from './dicom.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'medseg-series-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);
async function put(name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), bytes);
}

/** Two slices of 3 x 2 pixels whose first pixel is `value`. */
function slices(uid: string, value: number, ...others: Element[]): Uint8Array[] {
  return [0, 1].map((k) =>
    withMark(
      image(
        [0x00080018, 'UI', `${uid}.${k + 1}`],
        [0x0020000e, 'UI', uid],
        [0x00200032, 'DS', `0\\0\\${2 * k}`],
        [0x7fe00010, 'OW', [value, 1, 2, 3, 4, 5]],
        ...others,
      ),
    ),
  );
}

/** A SEG of one voxel a segment on such slices. */
function seg(source: readonly Uint8Array[], labels = ['Liver'], first = 7): Uint8Array {
  const channels = labels.length;
  const data = new Uint8Array(12 * channels);
  for (let k = 0; k < channels; k++) data[(first + k) * channels + k] = 1;
  const direction: Matrix = [-1, 0, 0, 0, -1, 0, 0, 0, 1];
  const mask = createVolume({ size: [3, 2, 2], channels, data, spacing: [0.5, 0.25, 2], direction });
  return encodeDicomSegmentation(mask, {
    source: source.map((bytes, k) => ({ bytes, name: `${k}` })),
    segments: labels.map((label, k) => ({ number: k + 1, label })),
    random: () => 0.5,
  });
}

const soft = slices('1.1', 100, [0x0008103e, 'LO', 'Thorax soft']);
const lung = slices('1.2', 200, [0x0008103e, 'LO', 'Thorax lung']);
const pet = slices('1.3', 300, [0x00080060, 'CS', 'PT']);

async function patient(name: string, series: Record<string, Uint8Array[]>, segs: Uint8Array[]): Promise<void> {
  for (const [place, files] of Object.entries(series))
    for (const [k, bytes] of files.entries()) await put(`${name}/${place}${k}`, bytes);
  for (const [k, bytes] of segs.entries()) await put(`${name}/seg/seg-${k}.dcm`, bytes);
}

describe('several SEG files of a patient', () => {
  it('of different segments are parts of one mask', async () => {
    const parts = [seg(soft, ['Liver'], 7), seg(soft, ['Spleen', 'Kidney'], 3), seg(soft, ['Tumour'], 7)];
    await patient('P1', { 'a/': soft }, parts);
    await patient('P2', { 'a/': soft }, parts.slice(0, 2));
    const { cases, problems, classes } = await checkCases(await listDicom(folder));
    expect(problems).toEqual([]);
    expect(classes).toEqual({
      names: ['Liver', 'Spleen', 'Kidney', 'Tumour'],
      values: [[1], [2], [3], [4]],
      exclusive: false,
    });
    expect(cases.map(({ facts }) => facts!.foreground)).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 0],
    ]);
    const { masks } = await readCase(cases[0]!);
    expect(masks.map(({ annotator }) => annotator)).toEqual([undefined]);
    // The tumour lies in the liver.
    expect([...masks[0]!.bits].filter((bits) => bits !== 0)).toEqual([2, 4, 9]);
  });

  it('of the same segments are of annotators', async () => {
    await patient('P1', { 'a/': soft }, [seg(soft, ['Liver', 'Spleen'], 3), seg(soft, ['Liver', 'Spleen'], 4)]);
    const { cases, classes } = await listDicom(folder);
    expect(cases[0]!.masks.map(({ annotator }) => annotator)).toEqual(['seg-0', 'seg-1']);
    expect(classes?.names).toEqual(['Liver', 'Spleen']);
  });

  it('of the same segments but for capitals are of annotators', async () => {
    await patient('P1', { 'a/': soft }, [seg(soft, ['Liver', 'spleen'], 3), seg(soft, ['liver', 'Spleen'], 4)]);
    const { cases, classes, problems } = await listDicom(folder);
    expect(problems).toEqual([]);
    expect(cases[0]!.masks.map(({ annotator }) => annotator)).toEqual(['seg-0', 'seg-1']);
    expect(classes?.names).toEqual(['Liver', 'spleen']);
  });

  it('of partly the same ones are a problem', async () => {
    await patient('P1', { 'a/': soft }, [seg(soft, ['Liver', 'Spleen'], 3), seg(soft, ['Liver'])]);
    const { problems } = await listDicom(folder);
    expect(problems).toEqual([
      {
        file: at('P1'),
        patient: 'P1',
        rule: 'the SEG files of a patient must have the same segments, one file per annotator, or different ones, as parts of one mask, got seg-0.dcm (Liver, Spleen), seg-1.dcm (Liver)',
      },
    ]);
  });
});

describe('classes of segments', () => {
  const liver = seg(soft, ['liver'], 7);
  const tumour = seg(soft, ['tumour'], 3);
  const own = (classes: Record<string, number>) => ({ classes: { ...classMap(classes), exclusive: false } });

  it('are those of all patients, and what a patient lacks is remarked on', async () => {
    await patient('P0', { 'a/': soft }, [liver]);
    for (const name of ['P1', 'P2']) await patient(name, { 'a/': soft }, [liver, tumour]);
    await patient('P3', { 'a/': soft }, [tumour]);
    const { cases, classes, problems, remarks } = await checkCases(await listDicom(folder));
    expect(problems).toEqual([]);
    expect(classes).toEqual({ names: ['liver', 'tumour'], values: [[1], [2]], exclusive: false });
    expect(cases.map(({ facts }) => facts!.foreground)).toEqual([
      [1, 0],
      [1, 1],
      [1, 1],
      [0, 1],
    ]);
    expect(remarks!.filter(({ text }) => text.includes('segment'))).toEqual([
      { file: at('P0/seg/seg-0.dcm'), text: 'has no segment tumour, taken as empty' },
      { file: at('P3/seg/seg-0.dcm'), text: 'has no segment liver, taken as empty' },
    ]);
  });

  it('keep their names where files number them otherwise', async () => {
    await patient('P0', { 'a/': soft }, [seg(soft, ['liver', 'tumour'], 7)]);
    await patient('P1', { 'a/': soft }, [seg(soft, ['tumour', 'spleen', 'liver'], 7)]);
    const { classes, cases } = await listDicom(folder);
    expect(classes).toEqual({ names: ['liver', 'tumour', 'spleen'], values: [[1], [2], [3]], exclusive: false });
    expect([...(await readCase(cases[1]!)).masks[0]!.bits].filter(Boolean)).toEqual([2, 4, 1]);
  });

  it('are one where names differ only in capitals, which is remarked on', async () => {
    await patient('P0', { 'a/': soft }, [seg(soft, ['liver', 'tumour'], 7)]);
    await patient('P1', { 'a/': soft }, [seg(soft, ['Tumour', 'LIVER'], 7)]);
    const { classes, cases, problems, remarks } = await checkCases(await listDicom(folder));
    expect([classes?.names, problems]).toEqual([['liver', 'tumour'], []]);
    expect([...(await readCase(cases[1]!)).masks[0]!.bits].filter(Boolean)).toEqual([2, 1]);
    const file = at('P1/seg/seg-0.dcm');
    const rule = 'the names differ only in capitals, spaces or accents';
    expect(remarks!.filter((remark) => remark.file === file)).toEqual([
      { file, text: `its segment Tumour is taken as tumour: ${rule}` },
      { file, text: `its segment LIVER is taken as liver: ${rule}` },
    ]);
  });

  it('are two where a file has both spellings', async () => {
    await patient('P0', { 'a/': soft }, [seg(soft, ['L', 'l'], 7)]);
    await patient('P1', { 'a/': soft }, [seg(soft, ['l'], 7)]);
    const { classes, cases } = await checkCases(await listDicom(folder));
    expect(classes?.names).toEqual(['L', 'l']);
    expect(cases.map(({ facts }) => facts!.foreground)).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it('are at most 31: beyond 32 bits, classes would be exchanged for others', async () => {
    const organs = Array.from({ length: 40 }, (_, k) => `organ ${k + 1}`);
    const half = (from: number): Uint8Array[] =>
      Array.from({ length: 4 }, (_, k) => seg(soft, organs.slice(from + 5 * k, from + 5 * k + 5), 5));
    await patient('P0', { 'a/': soft }, half(0));
    await patient('P1', { 'a/': soft }, half(20));
    const { cases, classes, problems } = await checkCases(await listDicom(folder));
    expect([cases, classes]).toEqual([[], undefined]);
    expect(problems).toEqual([
      {
        file: at('P0/seg/seg-0.dcm'),
        rule: 'the segments of all patients must have at most 31 names, got 40',
      },
    ]);
  });

  it('are numbers where a file has two of one name, which must mean the same everywhere', async () => {
    await patient('P0', { 'a/': soft }, [seg(soft, ['lesion', 'lesion'], 7)]);
    await patient('P1', { 'a/': soft }, [seg(soft, ['lesion'], 7)]);
    await patient('P2', { 'a/': soft }, [liver]);
    const { cases, classes, problems, remarks } = await checkCases(await listDicom(folder));
    expect(classes).toEqual({ names: ['segment 1', 'segment 2'], values: [[1], [2]], exclusive: false });
    expect(cases.map(({ facts }) => facts!.foreground)).toEqual([
      [1, 1],
      [1, 0],
    ]);
    expect(problems).toEqual([
      {
        file: at('P2/seg/seg-0.dcm'),
        patient: 'P2',
        rule: 'where a SEG has two segments of one name, a number must have the same name in all files, got liver (1) and lesion (1)',
      },
    ]);
    expect(remarks!.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'two segments of a SEG have the same name: the segments of all patients are classes by number',
        'has no segment segment 2, taken as empty',
      ]),
    );
  });

  it('are those of the files that can be read; the others are problems by name, once', async () => {
    for (const name of ['P0', 'P1']) await patient(name, { 'a/': soft }, [liver]);
    await put('P0/seg/seg-0.dcm', liver.slice(0, 700));
    const { cases, classes, problems } = await checkCases(await listDicom(folder));
    expect([cases.map(({ id }) => id), classes?.names]).toEqual([['P1'], ['liver']]);
    expect(problems.map(({ file }) => file)).toEqual([at('P0/seg/seg-0.dcm')]);
  });

  it('that are given are found by number with a remark', async () => {
    await patient('P0', { 'a/': soft }, [seg(soft, ['Left lung'], 7)]);
    const { cases, problems, remarks } = await checkCases(await listDicom(folder, own({ lung: 1 })));
    expect([cases[0]!.facts!.foreground, problems]).toEqual([[1], []]);
    expect(remarks).toContainEqual({
      file: at('P0/seg/seg-0.dcm'),
      text: 'no class is called as its segment Left lung, which is taken by its number 1 as lung',
    });
  });

  it.each([{ liver: 1 }, { organ: 1 }])('that are given (%j) refuse a number of two names', async (classes) => {
    await patient('P0', { 'a/': soft }, [liver, tumour]);
    const { cases, problems } = await checkCases(await listDicom(folder, own(classes as Record<string, number>)));
    const [name] = Object.keys(classes);
    const [one, k, other, l] = name === 'liver' ? ['tumour', 1, 'liver', 0] : ['liver', 0, 'tumour', 1];
    expect([cases, problems]).toEqual([
      [],
      [
        {
          file: at(`P0/seg/seg-${k}.dcm`),
          patient: 'P0',
          rule: `a segment must have the name of a class (${name}) where segments of several files share a number, got ${one} (1) beside ${other} (1) in ${at(`P0/seg/seg-${l}.dcm`)}`,
        },
      ],
    ]);
  });
});

describe('several series of a patient', () => {
  it('in one folder: the one that the SEG was drawn on is read', async () => {
    await patient('P1', { 'all/a': soft, 'all/b': lung, 'all/c': pet }, [seg(lung)]);
    const { cases, problems } = await checkCases(await listDicom(folder));
    expect(problems).toEqual([]);
    expect(cases).toMatchObject([{ id: 'P1', series: '1.2', images: [at('P1/all')], facts: { maximum: 200 } }]);
    expect(cases[0]!.facts!.foreground).toEqual([1]);
    expect((await readCase(cases[0]!)).scan.data[0]).toBe(200);
  });

  it('in several folders: by the SEG, and the option comes first', async () => {
    await patient('P1', { 'a/': soft, 'b/': lung, 'c/': pet }, [seg(soft), seg(soft), seg(pet)]);
    const { problems } = await listDicom(folder);
    expect(problems).toEqual([
      {
        file: at('P1'),
        patient: 'P1',
        rule: 'a patient must have one DICOM series, or the option series must choose one by UID, description or modality, got 1.1 (CT, "Thorax soft", 2 slices), 1.2 (CT, "Thorax lung", 2 slices) and 1.3 (PT, 2 slices)',
      },
    ]);
    const chosen = await listDicom(folder, { series: 'pt' });
    expect(chosen.cases).toMatchObject([{ images: [at('P1/c')], masks: [{ path: at('P1/seg/seg-2.dcm') }] }]);
    expect(chosen.cases[0]).not.toHaveProperty('series');
    expect(chosen.remarks).toEqual(
      [0, 1].map((k) => ({
        file: at(`P1/seg/seg-${k}.dcm`),
        text: 'a SEG of another series of the patient than the image is left out',
      })),
    );
    const two = await listDicom(folder, { series: 'Thorax soft' });
    expect(two.cases[0]!.masks.map(({ annotator }) => annotator)).toEqual(['seg-0', 'seg-1']);
  });

  it.each([
    ['CT', 'the option series must choose one DICOM series, but "CT" fits 1.1 (CT, "Thorax soft", 2 slices) and 1.2'],
    ['MR', 'a patient must have the DICOM series "MR", got 1.1 (CT'],
    ['1.2', 'a patient must have a DICOM SEG of the series, found none'],
  ])('a choice of %s is refused by name', async (series, rule) => {
    await patient('P1', { 'a/': soft, 'b/': lung }, [seg(soft), seg(lung)]);
    if (series === '1.2') await rm(at('P1/seg/seg-1.dcm'));
    const { problems } = await listDicom(folder, { series });
    expect(problems[0]!.rule).toContain(rule);
  });

  it('a choice that two of them fit is settled by the SEG', async () => {
    await patient('P1', { 'a/': soft, 'b/': lung, 'c/': pet }, [seg(soft), seg(pet)]);
    expect((await listDicom(folder, { series: 'CT' })).cases).toMatchObject([{ images: [at('P1/a')] }]);
  });

  it('of a folder that is the patient are all in the message', async () => {
    await patient('P1', { 'ct/a': soft, 'ct/b': lung }, [seg(soft), seg(lung)]);
    const { problems } = await listDicom(at('P1'));
    expect(problems.map(({ file }) => file)).toEqual([at('P1')]);
    expect(problems[0]!.rule).toContain('1.2 (CT, "Thorax lung", 2 slices)');
  });
});

describe('links of the dicom layout', () => {
  it('to patients, series and files are followed', async () => {
    await patient('away', { 'ct/': soft }, [seg(soft)]);
    await mkdir(at('data/P2'), { recursive: true });
    await mkdir(at('data/P3/ct'), { recursive: true });
    await symlink(at('away'), at('data/P1'));
    for (const name of ['ct', 'seg']) await symlink(at(`away/${name}`), at(`data/P2/${name}`));
    for (const name of ['ct/0', 'ct/1']) await symlink(at(`away/${name}`), at(`data/P3/${name}`));
    await symlink(at('away/seg'), at('data/P3/seg'));
    const { cases, problems } = await checkCases(await listDicom(at('data')));
    expect([cases.map(({ id }) => id), problems]).toEqual([['P1', 'P2', 'P3'], []]);
    expect(cases.map(({ facts }) => facts!.maximum)).toEqual([100, 100, 100]);
  });

  it('that lead to no file, or round in a circle, are problems by name', async () => {
    await patient('P1', { 'ct/': soft }, [seg(soft)]);
    await symlink(at('gone'), at('P1/ct/2.dcm'));
    await patient('P2', { 'ct/': soft }, [seg(soft)]);
    await symlink(at('P2'), at('P2/ct/up'));
    const { cases, problems } = await listDicom(folder);
    expect(cases.map(({ id }) => id)).toEqual(['P2']);
    expect(problems.map(({ file, patient: whose }) => [file, whose])).toEqual([
      [at('P1/ct/2.dcm'), 'P1'],
      [at('P2/ct/up'), 'P2'],
    ]);
  });
});

describe('the content of a DICOM case', () => {
  it('changes with a pixel of a slice, with a slice less and with a voxel of its SEG, and not with its UIDs', async () => {
    const others = slices('1.9', 100, [0x0008103e, 'LO', 'Thorax soft']);
    const brighter = [soft[0]!, slices('1.1', 101)[1]!];
    await patient('P0', { 'a/': soft }, [seg(soft)]);
    await patient('P1', { 'a/': others }, [seg(others)]);
    await patient('P2', { 'a/': brighter }, [seg(brighter)]);
    await patient('P3', { 'a/': soft }, [seg(soft, ['Liver'], 8)]);
    await patient('P4', { 'a/': soft.slice(0, 1) }, [seg(soft, ['Liver'], 2)]);
    const { cases, problems } = await checkCases(await listDicom(folder), { duplicates: false });
    const content = new Map(cases.map(({ id, facts }) => [id, facts!.content!]));
    expect(problems).toEqual([]);
    const own = content.get('P0')!;
    expect(content.get('P1')).toEqual(own);
    expect(content.get('P2')).toEqual({ image: expect.not.stringMatching(own.image), masks: own.masks });
    expect(content.get('P3')).toEqual({ image: own.image, masks: expect.not.stringMatching(own.masks) });
    expect(content.get('P4')!.image).not.toBe(own.image);
  });
});

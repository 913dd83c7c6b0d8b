import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { register } from '@medseg/backend-wasm';
import { createVolume, decodeDicomSegmentation, encodeNifti, encodeNrrd } from '@medseg/image-io';
import { loadRun } from '@medseg/pipeline/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { image as dicomImage, type Element, withMark } from '../../../packages/image-io/src/dicom/elements.fixture.ts';
import { filesOf, smallRun } from '../../../packages/pipeline/src/load-run/small-run.fixture.ts';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
let image: string;

beforeAll(async () => {
  await register();
  const data = await smallPhantom(folder);
  const trained = await runCli('train', '--data', data, '--layout', 'lgg', '--steps', '6', '--out', at('run'), ...TINY);
  expect(trained.code, trained.stderr).toBe(0);
  image = join(data, readdirSync(data, { recursive: true, encoding: 'utf8' }).find((name) => /_\d+\.tif$/.test(name))!);
  const exported = await runCli('export', '--run', at('run'), '--to', at('shared.safetensors'));
  expect(exported.code, exported.stderr).toBe(0);
  expect(exported.stdout).toContain('without patients and paths');
}, 180_000);

/** What `medseg segment` writes of a scan. */
async function written(run: string, scan: string, out: string, ...options: string[]): Promise<Map<string, Buffer>> {
  const { code, stderr } = await runCli('segment', scan, '--run', run, '--out', out, ...options);
  expect(code, stderr).toBe(0);
  const names = readdirSync(out).filter((name) => name !== 'volumes.csv');
  return new Map(names.map((name) => [name, readFileSync(join(out, name))]));
}

/** What a loaded run says that the command would write. */
async function returned(path: string, scan: string, force = false): Promise<Map<string, Buffer>> {
  const run = await loadRun(path);
  const { files } = await run.segment(scan, { files: true, force });
  await run.dispose();
  return new Map(files!.map(({ name, bytes }) => [name, Buffer.from(bytes)]));
}

describe('loadRun', () => {
  it('segments to the bytes of the command, from the folder of a run and from what export wrote', async () => {
    const expected = await written(at('run'), image, at('masks'));
    expect(expected.size).toBe(3);
    expect(await returned(at('run'), image)).toEqual(expected);
    expect(await returned(at('shared.safetensors'), image)).toEqual(expected);
    expect(await written(at('shared.safetensors'), image, at('again'), '--workers', '2')).toEqual(expected);
  });

  const grid = { spacing: [1, 1, 2], origin: [3, 4, 5], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
  const volume = createVolume({
    ...{ ...grid, size: [12, 10, 6], channels: 1 },
    data: Uint8Array.from({ length: 720 }, (_, i) => (i * 37) % 251),
  });
  const scans: Record<string, (path: string) => void> = {
    'ct.nii.gz': (path) => writeFileSync(path, encodeNifti(volume, { gzip: true })),
    'ct.nrrd': (path) => writeFileSync(path, encodeNrrd(volume)),
    'ct.nhdr': (path) => {
      const text = Buffer.from(encodeNrrd(volume, { gzip: false })).toString('latin1');
      const end = text.indexOf('\n\n');
      writeFileSync(path, `${text.slice(0, end)}\ndata file: ct.raw\n\n`);
      writeFileSync(at('ct.raw'), Buffer.from(text.slice(end + 2), 'latin1'));
    },
    'slice.dcm': (path) => writeFileSync(path, slice(0)),
    series: (path) => {
      mkdirSync(path);
      for (const k of [1, 0, 2]) writeFileSync(join(path, `${k}`), slice(k));
    },
  };
  const slice = (k: number): Uint8Array => {
    const pixels: Element[] = [
      [0x00280010, 'US', [16]],
      [0x00280011, 'US', [16]],
      [0x7fe00010, 'OW', Array.from({ length: 256 }, (_, i) => ((i + k) * 37) % 251)],
    ];
    const place: Element[] = [
      [0x00080018, 'UI', `1.2.3.${k + 1}`],
      [0x00200032, 'DS', `0\\0\\${k}`],
    ];
    return withMark(dicomImage(...pixels, ...place));
  };
  it.each(Object.keys(scans))('segments %s to the bytes of the command', async (name) => {
    if (!existsSync(at('grey'))) {
      mkdirSync(at('grey'));
      for (const [file, bytes] of Object.entries(await filesOf(await smallRun())))
        writeFileSync(at('grey', file), bytes);
    }
    scans[name]!(at(name));
    const expected = await written(at('grey'), at(name), at(`${name}-out`), '--force');
    const isDicom = name === 'series' || name.endsWith('.dcm');
    expect([...expected.keys()].some((file) => file.endsWith('_mask.dcm'))).toBe(isDicom);
    const actual = await returned(at('grey'), at(name), true);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [file, bytes] of actual) {
      // A SEG has the time at which it was written.
      const told = file.endsWith('.dcm') ? decodeDicomSegmentation : (whole: Buffer): Buffer => whole;
      expect(await told(bytes), file).toEqual(await told(expected.get(file)!));
    }
  });

  it('refuses what is no run', async () => {
    await expect(loadRun(at('none'))).rejects.toThrow(/none: not a run of medseg: it has no run.json/);
    await expect(loadRun(at('run/model.safetensors'))).rejects.toThrow(/holds weights alone/);
    await expect(loadRun(image)).rejects.toThrow(/not a valid safetensors file/);
  });
});

describe('medseg export', () => {
  it('leaves out patients and paths', () => {
    const [run, shared] = ['run/run.json', 'shared.safetensors'].map((name) => readFileSync(at(name), 'latin1'));
    const { patients, config } = JSON.parse(run!) as {
      patients: Record<string, string[]>;
      config: { data: { dir: string } };
    };
    const named = Object.values(patients).flat();
    expect(named.length).toBe(6);
    expect(config.data.dir).toBe('../phantom');
    for (const secret of [...named, config.data.dir]) {
      expect(run).toContain(secret);
      expect(shared).not.toContain(secret);
    }
    expect(`${run}${shared}`).not.toContain(folder);
  });
});

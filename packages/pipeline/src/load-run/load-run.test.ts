import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeScan } from '@medseg/datasets';
import { createImage, createVolume, encodeNrrd, FormatError } from '@medseg/image-io';
import { startBackend } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunError } from '../errors.ts';
import { loadRunModel } from '../networks/load.ts';
import { exportModel } from '../run/model-file.ts';
import { Run } from '../run/run.ts';
import { ensembleOf } from '../run/sampling.ts';
import type { RunStore } from '../run/store.ts';
import { imageResults } from '../segmentation/image-results.ts';
import { segmentScan } from '../segmentation/segment-scans.ts';
import { loadRun } from './load-run.ts';
import type { RunSource } from './run-source.ts';
import type { RunSegmentation } from './segment-input.ts';
import { filesOf, SECRETS, smallImage, smallRun } from './small-run.fixture.ts';

let store: RunStore;
let files: Record<string, Uint8Array>;
let exported: Uint8Array;
let expected: RunSegmentation;
const image = smallImage();

beforeAll(async () => {
  await startBackend('wasm');
  store = await smallRun();
  files = await filesOf(store);
  exported = await exportModel(await Run.open(store));
  expected = await segmentWith(store);
});

async function segmentWith(source: RunSource): Promise<RunSegmentation> {
  const run = await loadRun(source);
  try {
    return await run.segment(image, { files: true });
  } finally {
    await run.dispose();
  }
}

const file = (name: string, bytes = files[name]!): File => new File([bytes as Uint8Array<ArrayBuffer>], name);

describe('loadRun', () => {
  it('fuses members as it is told, in the mask and its file alone', async () => {
    const run = await loadRun(store);
    const choice = { members: 6, samplingSteps: 2, files: true };
    const [mean, fused] = [await run.segment(image, choice), await run.segment(image, { ...choice, fuse: 'staple' })];
    expect(fused.probability).toEqual(mean.probability);
    expect(fused.mask).not.toEqual(mean.mask);
    expect([...new Set(fused.mask)].sort()).toEqual([0, 1]);
    const masks = await Promise.all([mean, fused].map(({ files: own }) => decodeScan(own![0]!.bytes, own![0]!.name)));
    expect(masks.map(({ data }) => [...data].map((value) => value / 255))).toEqual([[...mean.mask], [...fused.mask]]);
    await expect(run.segment(image, { fuse: 'median' as never })).rejects.toThrow(/^segment: fuse must be .*median/);
    await run.dispose();
  });

  it('may be disposed twice, and segments no more', async () => {
    const run = await loadRun(store);
    await run.dispose();
    await run.dispose();
    await expect(run.segment(image)).rejects.toThrow(
      new RunError('mine: the run must not be disposed before it segments; loadRun loads it again'),
    );
  });

  it('refuses options that do not exist, and says which address does not answer', async () => {
    const run = await loadRun(store);
    await expect(run.segment(image, { sampleSteps: 2 } as never)).rejects.toThrow(
      /^segment: options must be among scheduler, .*, got sampleSteps; did you mean samplingSteps\?$/,
    );
    await run.dispose();
    await expect(loadRun(store, { workers: 2 } as never)).rejects.toThrow(
      'loadRun: options must be among worker, patience, got workers; did you mean worker?',
    );
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/runs/mine`;
    await new Promise((resolve) => closed.close(resolve));
    await expect(loadRun(address)).rejects.toThrow(
      /\/runs\/mine\/[a-z.]+: the address must answer, got .*ECONNREFUSED/,
    );
  });

  it('segments as the functions that it stands for, and frees the network', async () => {
    const before = tf.memory().numTensors;
    const run = await loadRun(store);
    const {
      mask,
      probability,
      uncertainty,
      classes,
      size,
      labels,
      remarks,
      files: written,
    } = await run.segment(image, {
      files: true,
    });
    expect([run.name, run.classes, run.run.info.kind]).toEqual(['mine', ['tumour'], 'trained']);
    await run.dispose();
    expect(tf.memory().numTensors).toBe(before);

    const opened = await Run.open(store);
    const model = await loadRunModel(opened);
    const scan = await decodeScan(image.bytes, image.name);
    const direct = await segmentScan(model, { id: 'brain', scan }, ensembleOf(opened, {}));
    expect(probability).toEqual(direct.probability);
    expect(uncertainty).toEqual(direct.uncertainty);
    expect(mask).toEqual(Uint8Array.from(probability, (p) => (p >= 0.5 ? 1 : 0)));
    expect([size, classes, labels.map(({ value, name }) => [value, name]), remarks]).toEqual([
      [24, 20],
      ['tumour'],
      [[1, 'tumour']],
      [],
    ]);
    const target = { name: 'brain', classes: opened.info.classes };
    expect(written).toEqual([...imageResults(target, scan as never, direct)]);
    model.network.dispose();
  });

  const server = createServer((request, response) => {
    const bytes = request.url === '/model.safetensors' ? exported : files[request.url!.replace('/runs/mine/', '')];
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  afterAll(() => void server.close());
  const serve = async (): Promise<string> => {
    if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/runs/mine`;
  };

  const sources: Record<string, () => Promise<RunSource>> = {
    'bytes by name': async () => files,
    'what a person chose': async () => [file('run.json'), file('model.safetensors'), file('report.html', image.bytes)],
    'blobs by name': async () => ({ 'run.json': file('run.json'), 'model.safetensors': files['model.safetensors']! }),
    'an address': serve,
    'what exportModel gives': async () => exported,
    'its file': async () => file('model.safetensors', exported),
    'its file, as a person chose it': async () => [file('model.safetensors', exported)],
    'its address': async () => new URL('/model.safetensors', await serve()),
  };
  it.each(Object.keys(sources))('takes %s, and segments the same', async (name) => {
    expect(await segmentWith(await sources[name]!())).toEqual(expected);
  });

  it('takes a decoded scan, several channels of one, and the settings of sampling', async () => {
    const run = await loadRun(store);
    const scan = await decodeScan(image.bytes, image.name);
    expect((await run.segment(scan, { name: 'brain' })).probability).toEqual(expected.probability);
    expect((await run.segment(scan, { name: 'other' })).probability).not.toEqual(expected.probability);
    const [fast, few] = [await run.segment(image, { fast: true }), await run.segment(image, { members: 1, seed: 9 })];
    expect(fast.probability).not.toEqual(expected.probability);
    expect(few.probability).not.toEqual(expected.probability);
    await expect(run.segment([image, image])).rejects.toThrow(/trained on images of 1 channel, got 2/);
    await expect(run.segment([])).rejects.toThrow('segment: give a file of the scan, got none');
    await expect(run.segment('brain.png' as never)).rejects.toThrow(/a scan must be a decoded one, .* or a File/);
    await expect(run.segment(image, { scheduler: 'plms' as never })).rejects.toThrow(
      /^segment: scheduler must be .*got 'plms'/,
    );
    await expect(run.segment({ ...image, bytes: image.bytes.slice(0, 60) })).rejects.toThrow(FormatError);
    await run.dispose();
  });

  it('segments volumes slice by slice, and tells how far it is', async () => {
    const run = await loadRun(await smallRun({ classes: { names: ['liver', 'spleen'], exclusive: true } }));
    const shares: number[] = [];
    const bytes = encodeNrrd(
      createVolume({
        ...{ size: [12, 10, 9], spacing: [1, 1, 2], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
        ...{ channels: 1, data: Int16Array.from({ length: 1080 }, (_, i) => (i * 37) % 251) },
      }),
    );
    const result = await run.segment(
      { name: 'scans/ct.nrrd', bytes },
      { files: true, onProgress: (share) => void shares.push(share) },
    );
    expect([result.size, result.mask.length, result.probability.length]).toEqual([[12, 10, 9], 1080, 2160]);
    expect(result.labels.map(({ value, name }) => [value, name])).toEqual([
      [1, 'liver'],
      [2, 'spleen'],
    ]);
    expect(result.files!.map(({ name }) => name)).toEqual([
      'ct_mask.seg.nrrd',
      'ct_probability.nrrd',
      'ct_uncertainty.nrrd',
    ]);
    expect(shares.length).toBeGreaterThanOrEqual(6); // nine slices are drawn in two batches of three steps
    expect(shares).toEqual([...new Set(shares)].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    await run.dispose();
  });

  it('refuses a scan unlike the training data, unless told otherwise, and says how others differ', async () => {
    const run = await loadRun(store);
    const data = new Uint8Array(4000).map((_, i) => (i * 37) % 251);
    const wide = createImage({ width: 200, height: 20, channels: 1, data });
    expect((await run.segment(wide)).remarks).toEqual([expect.stringMatching(/size of the image .*200 x 20 pixels/)]);
    const dark = smallImage(() => 7);
    expect((await run.segment(dark)).remarks).toEqual(['the scan is empty (each value is 7)']);
    const volume = createVolume({
      ...{ size: [4, 4, 4], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
      ...{ channels: 1, data: new Uint8Array(64) },
    });
    await expect(run.segment(volume, { name: 'empty' })).rejects.toThrow(
      'empty: the scan is empty: each value is 0; the option force segments it all the same',
    );
    await run.dispose();
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a missing file',
      () => ({ 'run.json': files['run.json'] }),
      /must be run.json and model.safetensors, .* got run.json/,
    ],
    ['nothing', () => [], /got none/],
    ['two of a kind', () => [file('run.json'), file('run.json'), file('model.safetensors')], /got 2 called run.json/],
    ['weights alone', () => file('model.safetensors'), /model.safetensors: holds weights alone/],
    ['no source', () => 7, /loadRun: a run must be .* got number/],
    ['a list of paths', () => ['a/run.json'], /loadRun: a run must be .* got string/],
    [
      'an address of nothing',
      async () => `${await serve()}/none`,
      /none\/run.json: the server must have .* status 404/,
    ],
    ['a path', () => 'runs/mine', /"runs\/mine" must be an address; loadRun of @medseg\/pipeline\/node takes a path/],
    ['no safetensors', () => Uint8Array.of(1, 2, 3), /the model: not a valid safetensors file/],
  ])('refuses %s', async (_, source, rule) => {
    await expect(loadRun((await source()) as RunSource)).rejects.toThrow(rule);
  });
});

describe('exportModel', () => {
  it('leaves out patients, paths, the machine and the training', async () => {
    const text = new TextDecoder('latin1').decode(await exportModel(await Run.open(store)));
    const all = new TextDecoder('latin1').decode(files['run.json']);
    for (const secret of SECRETS) {
      expect(all).toContain(secret);
      expect(text).not.toContain(secret);
    }
    expect(text).not.toContain('"step"');
    const { info } = (await loadRun(await exportModel(await Run.open(store)))).run;
    expect(info).toMatchObject({ patients: { train: [], validation: [], test: [] }, machine: {} });
  });

  it('names the file where what it says of the run is broken', async () => {
    const exported = await exportModel(await Run.open(store));
    const at = Buffer.from(exported).indexOf('medseg-run-5');
    exported.set(Buffer.from('medseg-run-9'), at);
    const broken = loadRun(new File([exported as Uint8Array<ArrayBuffer>], 'shared.safetensors'));
    await expect(broken).rejects.toThrow(RunError);
    await expect(broken).rejects.toThrow(/^shared.safetensors: not a run of this program: .* got "medseg-run-9"/);
  });
});

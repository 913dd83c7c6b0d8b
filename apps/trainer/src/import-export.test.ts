import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { createImage, decodeImage, encodePng } from '@medseg/image-io';
import {
  DeepmancerUNet,
  deepmancerUNetConfigFrom,
  Lucidrains,
  lucidrainsConfigFrom,
  OfficialNew,
  OfficialV1,
} from '@medseg/models';
import {
  decodeSafetensors,
  encodeSafetensors,
  exportWeights,
  lucidrainsNames,
  type NamedArray,
  type NameMap,
  officialNames,
  seedNames,
} from '@medseg/weights';
import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { runCli, smallPhantom, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** The state dict that a reference would have written of a network. */
function stateDict(
  network: { variables(): Map<string, tf.Variable>; dispose(): void },
  names: NameMap,
  { without = [] }: { without?: readonly string[] } = {},
): Map<string, NamedArray> {
  const weights = new Map(
    [...network.variables()].map(([name, variable]): [string, NamedArray] => [
      name,
      { shape: variable.shape, data: variable.dataSync<'float32'>().slice() },
    ]),
  );
  network.dispose();
  const tensors = exportWeights(weights, names);
  for (const name of without) tensors.delete(name);
  return tensors;
}

const bytesOf = ({ data }: NamedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const official = {
  imageSize: [32, 32],
  imageChannels: 3,
  channels: 32,
  blocks: 1,
  attentionReductions: [2],
  seed: 4,
} as const;

/** A small checkpoint of each reference, with what `import` must be told of it. */
const checkpoints: Record<
  string,
  { tensors: () => Map<string, NamedArray>; args?: string[]; missing?: RegExp; schedulers?: string[] }
> = {
  seed: {
    tensors: () =>
      stateDict(
        new DeepmancerUNet({
          ...deepmancerUNetConfigFrom({ image_size: 16, num_layers: 2, first_conv_channels: 8 }),
          seed: 4,
        }),
        seedNames,
      ),
  },
  lucidrains: {
    tensors: () =>
      stateDict(
        new Lucidrains({
          ...lucidrainsConfigFrom({
            dim: 8,
            image_size: 16,
            dim_mults: [1, 2],
            full_self_attn: [false, true],
            self_condition: true,
            input_img_channels: 3,
          }),
          seed: 4,
        }),
        lucidrainsNames,
      ),
  },
  'official-new': {
    tensors: () => stateDict(new OfficialNew({ ...official, channels: 128, multipliers: [1, 1] }), officialNames),
    args: ['--image-size', '32'],
    schedulers: ['ddpm'],
  },
  'official-v1': {
    tensors: () =>
      stateDict(new OfficialV1({ ...official, multipliers: [1, 1, 1, 1, 1, 1] }), officialNames, {
        without: ['hwm.embedding.weight', 'hwm.embedding.bias'],
      }),
    schedulers: ['ddim'],
    missing:
      /missing {2}hwm\.embedding\.weight, hwm\.embedding\.bias \(in no checkpoint of this network; drawn by seed\)/,
  },
};

describe.each(Object.entries(checkpoints))(
  'a checkpoint of %s',
  (name, { tensors, args = [], missing = /missing {2}none/, schedulers = ['ddim', 'ddpm'] }) => {
    it('is imported, segments and is exported as it was', async () => {
      const original = tensors();
      const [file, run, masks] = [at(`${name}.safetensors`), at(`${name}-run`), at(`${name}-masks`)];
      writeFileSync(file, encodeSafetensors(new Map([...original].map(([key, array]) => [`model.${key}`, array]))));
      const imported = await runCli('import', '--from', file, '--as', name, '--out', run, ...args);
      expect(imported.code, imported.stderr).toBe(0);
      expect(imported.stdout).toMatch(missing);
      expect(imported.stdout).toContain('all under model.');
      expect(imported.stdout).toMatch(/left {5}none/);
      expect(readdirSync(run).sort()).toEqual(['model.safetensors', 'run.json']);

      writeFileSync(
        at('image.png'),
        encodePng(
          createImage({
            width: 20,
            height: 24,
            channels: 3,
            data: Uint8Array.from({ length: 1440 }, (_, i) => (i * 37) % 256),
          }),
        ),
      );
      const segmentArgs = ['segment', '--run', run, '--image', at('image.png'), '--out', masks, '--ensemble', '1'];
      for (const scheduler of schedulers) {
        const segmented = await runCli(...segmentArgs, '--steps', '1', '--scheduler', scheduler, '--force');
        expect(segmented.code, segmented.stderr).toBe(0);
        const mask = await decodeImage(readFileSync(join(masks, 'image_mask.png')));
        expect([mask.width, mask.height]).toEqual([20, 24]);
      }

      const back = at(`${name}-back.safetensors`);
      const exported = await runCli('export', '--run', run, '--to', back, '--as', name);
      expect(exported.code, exported.stderr).toBe(0);
      const { tensors: returned } = decodeSafetensors(readFileSync(back));
      expect([...returned.keys()].sort()).toEqual([...original.keys()].sort());
      for (const [key, { shape, data }] of original) {
        expect(returned.get(key)!.shape, key).toEqual(shape);
        expect(Buffer.compare(bytesOf(returned.get(key)!), bytesOf({ shape, data })), key).toBe(0);
      }
    }, 180_000);
  },
);

/** What `torch.save` wrote before PyTorch 1.6 of `{'model': tensors, 'args': Namespace(), 'log': PosixPath('tmp')}`. */
function torchFile(tensors: ReadonlyMap<string, NamedArray>): Uint8Array {
  const word = (value: number): string => Buffer.from(Int32Array.of(value).buffer).toString('latin1');
  const text = (value: string): string => `X${word(value.length)}${value}`;
  const tuple = (values: readonly number[]): string => `(${values.map((value) => `J${word(value)}`).join('')}t`;
  const entries = [...tensors].map(([name, array]) => ({ name, ...array }));
  const weights = entries.map(({ name, shape, data }) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const storage = `(${text('storage')}ctorch\nFloatStorage\n${text(name)}${text('cpu')}J${word(data.length)}NtQ`;
    const rest = `J${word(0)}${tuple(shape)}${tuple(strides)}\x89ccollections\nOrderedDict\n)Rt`;
    return `${text(name)}ctorch._utils\n_rebuild_tensor_v2\n(${storage}${rest}R`;
  });
  const beside = `${text('args')}cargparse\nNamespace\n)\x81${text('log')}cpathlib\nPosixPath\n${text('tmp')}\x85R`;
  const head = ['\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19', `J${word(1001)}`, '}'];
  const state = `}(${text('model')}}(${weights.join('')}u${beside}u`;
  const pickles = [...head, state, `](${entries.map(({ name }) => text(name)).join('')}e`];
  return Buffer.concat([
    ...pickles.map((pickle) => Buffer.from(`\x80\x02${pickle}.`, 'latin1')),
    ...entries.flatMap(({ shape, data }) => [
      new Uint8Array(BigUint64Array.of(BigInt(data.length)).buffer),
      bytesOf({ shape, data }),
    ]),
  ]);
}

/** Betas of the cosine schedule, as lucidrains and the seed store them beside the weights. */
function cosineBetas(steps: number): NamedArray {
  const a = (u: number): number => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  const data = Float32Array.from({ length: steps }, (_, i) => Math.min(1 - a((i + 1) / steps) / a(i / steps), 0.999));
  return { shape: [steps], data };
}

describe('medseg import', () => {
  const seedFile = (name: string, more: [string, NamedArray][] = [], leave: string[] = []): string => {
    const tensors = checkpoints.seed!.tensors();
    for (const key of leave) tensors.delete(key);
    writeFileSync(at(name), encodeSafetensors(new Map([...tensors, ...more])));
    return at(name);
  };

  it('reads the process out of the betas in a checkpoint, and takes what it is told', async () => {
    const file = seedFile('with-betas.safetensors', [['betas', cosineBetas(50)]]);
    const found = await runCli('import', '--from', file, '--as', 'seed', '--out', at('found'));
    expect(found.code, found.stderr).toBe(0);
    expect(found.stdout).toContain('predicts noise, cosine schedule of 50 steps');
    expect(found.stdout).toMatch(/left {5}betas/);
    const told = ['--schedule', 'linear-scaled', '--timesteps', '400', '--prediction', 'v_prediction'];
    const sampling = ['--steps', '7', '--ensemble', '2', '--intensities', 'mri', '--scheduler', 'unipc'];
    await runCli('import', '--from', file, '--as', 'seed', '--out', at('told'), ...told, ...sampling);
    expect(JSON.parse(readFileSync(at('told/run.json'), 'utf8'))).toMatchObject({
      process: { schedule: 'linear-scaled', timesteps: 400, prediction: 'v_prediction' },
      sampling: { scheduler: 'unipc', steps: 7, members: 2 },
      preparation: { imageSize: [16, 16], normalization: { mode: 'mri' } },
      // The seed's faults are on where its checkpoint is read.
      options: { image_size: 16, num_layers: 2 },
    });
  });

  it('reads the weights beside objects of Python and says what it left', async () => {
    writeFileSync(at('objects.pt'), torchFile(checkpoints.seed!.tensors()));
    const { code, stdout, stderr } = await runCli(
      ...['import', '--from', at('objects.pt'), '--as', 'seed', '--out', at('objects')],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('all under model.');
    expect(stdout).toContain('  not read args (argparse.Namespace), log (pathlib.PosixPath)\n');
  });

  it('makes a run that evaluate takes, with all patients and without an anchor', async () => {
    const data = await smallPhantom(folder);
    const file = seedFile('evaluated.safetensors');
    await runCli('import', '--from', file, '--as', 'seed', '--out', at('evaluated'), '--steps', '2', '--ensemble', '2');
    const refused = await runCli('evaluate', '--run', at('evaluated'));
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('give --data and --layout')]);
    const args = ['evaluate', '--run', at('evaluated'), '--data', data, '--layout', 'lgg'];
    const { code, stdout, stderr } = await runCli(...args, '--json', at('scores.json'), '--csv', at('scores.csv'));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('6 images of 6 patients, split all');
    expect(stdout).not.toContain('anchor');
    expect(stdout).toMatch(/mean \[95 % interval\] +diffusion ensemble +Otsu threshold/);
    const scores = JSON.parse(readFileSync(at('scores.json'), 'utf8'));
    expect(Object.keys(scores.intervals)).toEqual(['confidence', 'by', 'ensemble', 'otsu']);
    expect(Object.keys(scores.calibration)).toEqual(['ensemble']);
    const compared = await runCli('compare', at('scores.json'), at('evaluated'), '--data', data, '--layout', 'lgg');
    expect(compared.code, compared.stderr).toBe(0);
    expect(compared.stdout).toMatch(/Dice .* 0\.000 \[0\.000, 0\.000\] +1\.000 +6 /);
  });

  const refusals: [string, () => string[], number, RegExp][] = [
    [
      'a checkpoint that lacks weights',
      () => ['--from', seedFile('lacks.safetensors', [], ['final_conv.bias']), '--as', 'seed'],
      1,
      /must hold every weight of deepmancer, it lacks final_conv\.bias/,
    ],
    [
      'another network',
      () => ['--from', seedFile('s.safetensors'), '--as', 'lucidrains'],
      1,
      /conditioners\.0.*got none/,
    ],
    [
      'betas of no known schedule',
      () => [
        '--from',
        seedFile('b.safetensors', [['betas', { shape: [3], data: new Float32Array(3).fill(0.3) }]]),
        '--as',
        'seed',
      ],
      1,
      /its 3 betas are of no schedule that is known; say which with --schedule/,
    ],
    [
      'heads that do not divide',
      () => ['--from', seedFile('h.safetensors'), '--as', 'seed', '--heads', '3'],
      1,
      /heads must divide/,
    ],
    [
      'a schedule that cannot be',
      () => ['--from', seedFile('t.safetensors'), '--as', 'seed', '--schedule', 'linear-scaled', '--timesteps', '3'],
      1,
      /betas? .*must/,
    ],
    [
      'a name that is none',
      () => ['--from', seedFile('n.safetensors'), '--as', 'nnunet'],
      2,
      /Allowed choices are deepmancer/,
    ],
    ['a file that is not there', () => ['--from', at('none.pt'), '--as', 'seed'], 1, /none\.pt: no such file/],
    [
      'a checkpoint without tensors',
      () => {
        writeFileSync(at('empty.pt'), torchFile(new Map()));
        return ['--from', at('empty.pt'), '--as', 'seed'];
      },
      1,
      /empty\.pt: holds no tensors, only what is not read: args \(argparse\.Namespace\), log \(pathlib\.PosixPath\)/,
    ],
    [
      'a pointer of Git LFS',
      () => {
        writeFileSync(at('lfs.pt'), 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 9\n');
        return ['--from', at('lfs.pt'), '--as', 'seed'];
      },
      1,
      /lfs\.pt: is a Git LFS pointer, .*run git lfs pull/,
    ],
    [
      'a web page',
      () => {
        writeFileSync(at('page.pt'), '<!DOCTYPE html>\n<html></html>');
        return ['--from', at('page.pt'), '--as', 'seed'];
      },
      1,
      /page\.pt: is an HTML page/,
    ],
    [
      'a file of another kind',
      () => ['--from', at('image.png'), '--as', 'seed'],
      1,
      /image\.png: not a valid safetensors/,
    ],
  ];
  it.each(refusals)('refuses %s and leaves nothing', async (_, args, code, rule) => {
    writeFileSync(
      at('image.png'),
      encodePng(createImage({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) })),
    );
    const result = await runCli('import', ...args(), '--out', at('refused'));
    expect(result.stderr).toMatch(rule);
    expect(result.code).toBe(code);
    expect(result.stderr.match(/^(medseg|error):/gm)).toHaveLength(1);
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('does not write over anything', async () => {
    const file = seedFile('twice.safetensors');
    await runCli('import', '--from', file, '--as', 'seed', '--out', at('twice'));
    const again = await runCli('import', '--from', file, '--as', 'seed', '--out', at('twice'));
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('holds a run already')]);
    const run = ['export', '--run', at('twice'), '--to'];
    const onto = await runCli(...run, file);
    expect([onto.code, onto.stderr]).toEqual([1, expect.stringContaining('exists already')]);
    expect((await runCli(...run, file, '--force')).code).toBe(0);
    const wrong = await runCli(...run, at('x.pt'));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('must end in .safetensors')]);
    const other = await runCli(...run, at('x.safetensors'), '--as', 'lucidrains');
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('its weights have no names there')]);
    const resumed = await runCli('train', '--resume', '--out', at('twice'));
    expect([resumed.code, resumed.stderr]).toEqual([1, expect.stringContaining('not trained here')]);
  });
});

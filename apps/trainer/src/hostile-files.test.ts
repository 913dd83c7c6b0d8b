import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeSafetensors, encodeSafetensors } from '@medseg/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

// What no command may wait for, crash on, or call by a wrong name.

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const bin = fileURLToPath(new URL('../bin/medseg.js', import.meta.url));
let data: string;
let image: string;
let serial = 0;

const training = ['--layout', 'lgg', '--steps', '2', '--set', 'data.test=0.2', ...TINY];

beforeAll(async () => {
  data = await smallPhantom(folder);
  const trained = await runCli('train', '--data', data, '--out', at('run'), ...training);
  expect(trained.code, trained.stderr).toBe(0);
  expect(await runCli('evaluate', '--run', at('run'), '--json', at('scores.json'))).toMatchObject({ code: 0 });
  const patient = join(data, 'kaggle_3m', readdirSync(join(data, 'kaggle_3m'))[0]!);
  image = join(patient, readdirSync(patient).find((file) => !file.includes('_mask'))!);
});

/** A copy of the run, or of the data, with one thing changed. */
function changed(from: string, change: (copy: string) => void): string {
  const copy = at(`copy-${serial++}`);
  cpSync(from, copy, { recursive: true });
  change(copy);
  return copy;
}

async function expectRefusal(args: string[], rule: RegExp, code = 1): Promise<void> {
  const started = performance.now();
  const result = await runCli(...args);
  expect(`${result.stderr}${result.stdout}`).toMatch(rule);
  expect(result.stderr).not.toMatch(/internal error|\n\s+at /);
  expect(result.code).toBe(code);
  expect(performance.now() - started).toBeLessThan(20_000);
}

const segment = (run: string, input = image): string[] => ['segment', input, '--run', run, '--out', at('masks')];
const evaluate = (run: string, ...more: string[]): string[] => ['evaluate', '--run', run, '--fast', ...more];
const resume = (run: string): string[] => ['train', '--resume', '--out', run];

describe.skipIf(process.platform === 'win32')('a pipe or a device in the place of a file', () => {
  const pipe = (path: string): void => {
    rmSync(path, { force: true });
    execFileSync('mkfifo', [path]);
  };
  const zero = (path: string): void => {
    rmSync(path, { force: true });
    symlinkSync('/dev/zero', path);
  };
  const kinds: [string, (path: string) => void][] = [
    ['pipe', pipe],
    ['device', zero],
  ];

  it.each(kinds)('a %s as a file of a run', async (kind, make) => {
    const rule = (file: string): RegExp =>
      new RegExp(`medseg: \\S+/${file}: must be an ordinary file, it is a ${kind}`);
    const without = (file: string): string => changed(at('run'), (copy) => make(join(copy, file)));
    await expectRefusal(segment(without('run.json')), rule('run\\.json'));
    await expectRefusal(segment(without('model.safetensors')), rule('model\\.safetensors'));
    await expectRefusal(evaluate(without('model.safetensors')), rule('model\\.safetensors'));
    await expectRefusal(
      ['export', '--run', without('model.safetensors'), '--to', at('x.safetensors')],
      rule('model' + '\\.safetensors'),
    );
    await expectRefusal(resume(without('metrics.jsonl')), rule('metrics\\.jsonl'));
    const last = changed(at('run'), (copy) => {
      for (const name of ['last', 'previous']) make(join(copy, `checkpoints/${name}.safetensors`));
    });
    await expectRefusal(resume(last), rule('checkpoints/last\\.safetensors'));
  });

  it.each(kinds)('a %s as an image, a mask, a list, a configuration, a checkpoint, scores', async (kind, make) => {
    const rule = new RegExp(`must be an ordinary file, it is a ${kind}`);
    const spoilt = (name: string): string => {
      make(at(name));
      return at(name);
    };
    await expectRefusal(
      segment(at('run'), spoilt('image.png')),
      /image\.png:?\s+must be a file or a folder, or a link to one/,
    );
    await expectRefusal(['inspect', spoilt('image.nii')], rule);
    await expectRefusal(['segment', '--list', spoilt('list.txt'), '--run', at('run'), '--out', at('masks')], rule);
    await expectRefusal(['train', '--config', spoilt('config.yaml'), '--out', at('none')], rule);
    await expectRefusal(['import', '--from', spoilt('model.pt'), '--as', 'lucidrains', '--out', at('none')], rule);
    await expectRefusal(['compare', at('scores.json'), spoilt('other.json')], rule);
    for (const mask of [false, true]) {
      const copy = changed(data, (to) => {
        const path = join(to, image.slice(data.length));
        make(mask ? path.replace('.tif', '_mask.tif') : path);
      });
      await expectRefusal(['data', '--data', copy, '--layout', 'lgg'], rule);
      await expectRefusal(['train', '--data', copy, '--out', at('none'), ...training], rule);
      await expectRefusal(evaluate(at('run'), '--data', copy, '--split', 'all'), rule);
    }
    const split = changed(data, (to) => make(join(to, 'split.json')));
    await expectRefusal(['train', '--data', split, '--out', at('none'), ...training], rule);
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('a file of 3 GiB', () => {
  it('is refused by its size', async () => {
    const large = (path: string): void => {
      writeFileSync(path, '');
      truncateSync(path, 3 * 2 ** 30); // sparse
    };
    const rule = /a file may have at most \d+ bytes, it has 3221225472/;
    large(at('large.png'));
    await expectRefusal(segment(at('run'), at('large.png')), rule);
    await expectRefusal(['inspect', at('large.png')], rule);
    await expectRefusal(['import', '--from', at('large.png'), '--as', 'lucidrains', '--out', at('none')], rule);
    await expectRefusal(['train', '--config', at('large.png'), '--out', at('none')], rule);
    for (const file of ['run.json', 'model.safetensors'])
      await expectRefusal(segment(changed(at('run'), (copy) => large(join(copy, file)))), rule);
  });
});

describe('numbers that are none', () => {
  const spoil = (file: string, part: RegExp, value: number): void => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(file));
    const [, array] = [...tensors].find(([name]) => part.test(name))!;
    (array.data as Float32Array)[0] = value;
    const { checksum: _, ...rest } = metadata;
    const earlier = metadata.format === 'medseg-checkpoint-2' && { format: 'medseg-checkpoint-1' };
    writeFileSync(file, encodeSafetensors(tensors, { ...rest, ...earlier }));
  };

  it('are refused in a model and a checkpoint, by the name of the weight', async () => {
    const model = changed(at('run'), (copy) => spoil(join(copy, 'model.safetensors'), /^denoiser/, Number.NaN));
    const rule = /model\.safetensors: denoiser\.\S+ must hold finite numbers, got NaN at place 0/;
    await expectRefusal(segment(model), rule);
    await expectRefusal(evaluate(model), rule);
    const last = changed(at('run'), (copy) => {
      rmSync(join(copy, 'checkpoints/previous.safetensors'), { force: true });
      spoil(join(copy, 'checkpoints/last.safetensors'), /^moment2/, Number.POSITIVE_INFINITY);
    });
    const before = readFileSync(join(last, 'metrics.jsonl'), 'utf8');
    await expectRefusal(
      [...resume(last), '--steps', '4'],
      /last\.safetensors: moment2\/\S+ must hold finite numbers, got Infinity at place 0/,
    );
    expect(readFileSync(join(last, 'metrics.jsonl'), 'utf8')).toBe(before);
  });

  it('and a broken progress leave run.json and the metrics as they were', async () => {
    const run = changed(at('run'), (copy) => {
      rmSync(join(copy, 'checkpoints/previous.safetensors'), { force: true });
      const file = join(copy, 'checkpoints/last.safetensors');
      const { tensors, metadata } = decodeSafetensors(readFileSync(file));
      const progress = JSON.stringify({ ...JSON.parse(metadata.progress!), step: 0, budget: 'x' });
      writeFileSync(file, encodeSafetensors(tensors, { ...metadata, format: 'medseg-checkpoint-1', progress }));
    });
    const files = ['metrics.jsonl', 'run.json'].map((file) => join(run, file));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    await expectRefusal([...resume(run), '--steps', '4'], /last\.safetensors: .*its progress cannot be read/);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  });
});

describe('a run whose preparation is not that of its network', () => {
  it('is refused', async () => {
    const run = changed(at('run'), (copy) => {
      const file = join(copy, 'run.json');
      const info = JSON.parse(readFileSync(file, 'utf8'));
      info.preparation.imageSize = [24, 16];
      writeFileSync(file, JSON.stringify(info));
    });
    const rule = /run\.json: preparation\.imageSize: must be that of config\.data, \[16,16\], got \[24,16\]/;
    for (const args of [segment(run), evaluate(run), resume(run)]) await expectRefusal(args, rule);
  });
});

describe('files that are there and cannot be read', () => {
  it('are not called missing', async () => {
    const circle = (file: string): string =>
      changed(at('run'), (copy) => {
        rmSync(join(copy, file));
        symlinkSync(join(copy, file), join(copy, file));
      });
    const rule = /medseg: \S+: a link must lead to a file, it leads in a circle/;
    await expectRefusal(segment(circle('model.safetensors')), rule);
    await expectRefusal(segment(circle('run.json')), rule);
    await expectRefusal(resume(circle('checkpoints/last.safetensors')), rule);
    await expectRefusal(resume(circle('run.json')), rule);
    const part = changed(at('run'), (copy) => {
      rmSync(join(copy, 'checkpoints'), { recursive: true });
      writeFileSync(join(copy, 'checkpoints'), '');
    });
    await expectRefusal(resume(part), /last\.safetensors: part of the path is a file/);
  });

  it.skipIf(process.getuid?.() !== 0)('are named with the permission that is missing', () => {
    const run = changed(at('run'), () => {});
    const closed = changed(at('run'), (copy) => execFileSync('chmod', ['700', join(copy, 'checkpoints')]));
    execFileSync('chmod', ['-R', 'a+rwX', folder]);
    execFileSync('chmod', ['600', join(run, 'model.safetensors')]);
    execFileSync('chmod', ['600', join(run, 'checkpoints/last.safetensors')]);
    execFileSync('chmod', ['700', join(closed, 'checkpoints')]);
    const program =
      'process.setgid(65534); process.setuid(65534); process.argv.splice(1, 1); await import(process.argv[1]);';
    const asNobody = (args: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program, '--', 'x', bin, ...args], { cwd: '/' });
    if (asNobody(['--version']).status !== 0) return; // others may not even read the command
    for (const args of [segment(run), resume(run), resume(closed)]) {
      const { stderr, status } = asNobody(args);
      expect(String(stderr)).toMatch(/^medseg: \S+(\.safetensors|checkpoints): no permission$/m);
      expect(status).toBe(1);
    }
  });
});

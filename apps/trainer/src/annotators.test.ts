import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createImage, decodePng, encodePng } from '@medseg/image-io';
import { buildNetwork } from '@medseg/pipeline';
import { openRunFolder } from '@medseg/pipeline/node';
import { createRandom } from '@medseg/random';
import { encodeVariables } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';
import { startBackend } from './terminal/backend.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const data = at('readers');
const SIDE = 16;
/** Patients with three annotators; the last one has one. */
const PATIENTS = 6;

function put(name: string, value: (x: number, y: number) => number): void {
  const file = join(data, name);
  mkdirSync(dirname(file), { recursive: true });
  const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => value(i % SIDE, Math.floor(i / SIDE)));
  writeFileSync(file, encodePng(createImage({ width: SIDE, height: SIDE, channels: 1, data: pixels })));
}

const trainArgs = (out: string, ...args: string[]): string[] => [
  ...['train', '--data', data, '--layout', 'folder', '--out', at(out), ...TINY],
  ...['--set', 'training.checkpointSeconds=0.001', '--set', 'data.validation=0.34', '--set', 'data.test=0'],
  ...['--set', 'data.duplicates=false', '--seed', '3', ...args],
];
const train = (out: string, ...args: string[]) => runCli(...trainArgs(out, ...args));
const draw = ['--set', 'data.annotators=draw'];

interface Scores {
  samples: number;
  annotatorDice: number;
  ged: number;
  hungarianIou: number;
}
interface EvaluationFile {
  fuse?: string;
  mean: { dice: number; ece: number };
  annotators: {
    images: number;
    annotators: [number, number];
    ensemble: { samples: [number, number]; ged: { estimate: number; low: number; high: number } };
  };
  images: {
    id: string;
    dice: number;
    area: number;
    annotators?: { count: number; ensemble?: Scores; anchor?: Scores };
  }[];
}
const readEvaluation = (name: string): EvaluationFile => JSON.parse(readFileSync(at(name), 'utf8')) as EvaluationFile;
/** The losses of each step, without the time that they took. */
const losses = (out: string): number[] =>
  readFileSync(join(at(out), 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line.endsWith('}')) // the last may still be being written
    .map((line) => (JSON.parse(line) as { loss: number }).loss);

const STEPS = ['--steps', '40'];
const evaluate = (...args: string[]) =>
  runCli('evaluate', '--run', at('loose'), '--split', 'all', '--members', '4', '--workers', '1', ...args);
const ofValidation = ['--split', 'validation'];

/** A copy of a run with drawn weights: what has been trained for a second draws the same mask from any noise. */
async function loosen(from: string, to: string): Promise<void> {
  await startBackend();
  cpSync(at(from), at(to), { recursive: true });
  const { info } = await openRunFolder(at(to));
  if (info.kind !== 'trained') throw new Error(`${from} must be trained`);
  const network = buildNetwork(info.config, info);
  const random = createRandom(5);
  for (const variable of network.variables().values()) {
    const values = random.fillNormal(new Float32Array(variable.size)).map((v) => 0.3 * v);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  writeFileSync(join(at(to), 'model.safetensors'), encodeVariables(network.variables(), { step: '1' }));
  network.dispose();
}

beforeAll(async () => {
  for (let n = 0; n < PATIENTS; n++) {
    const inside = (x: number, y: number, radius: number): boolean => Math.hypot(x - 5 - n / 2, y - 8) < radius;
    put(`images/p${n}.png`, (x, y) => (inside(x, y, 4) ? 200 : 50) + ((x * 7 + y * 13 + n * 5) % 40));
    if (n === PATIENTS - 1) put(`masks/p${n}.png`, (x, y) => (inside(x, y, 4) ? 255 : 0));
    else
      for (const [reader, radius] of [3, 4, 5].entries())
        put(`masks/p${n}_rater${reader + 1}.png`, (x, y) => (inside(x, y, radius) ? 255 : 0));
  }
  const { code, stderr } = await train('drawn', ...STEPS, ...draw);
  expect(code, stderr).toBe(0);
  await loosen('drawn', 'loose');
}, 120_000);

describe('data.annotators=draw', () => {
  it('trains on another annotator from epoch to epoch, the same ones on several threads', async () => {
    const drawn = losses('drawn');
    expect((await train('majority', ...STEPS)).code).toBe(0);
    expect(losses('majority')).not.toEqual(drawn);
    const threads = ['--set', 'data.loaderThreads=2', '--set', 'training.workers=2'];
    expect((await train('threads', ...STEPS, ...draw, ...threads)).code).toBe(0);
    for (const [step, loss] of losses('threads').entries()) expect(loss).toBeCloseTo(drawn[step]!, 4);
  });

  it('scores the end of training against each of them', () => {
    const page = readFileSync(join(at('drawn'), 'report.html'), 'utf8');
    expect(page).toContain('against each annotator');
    expect(page).toContain('Hungarian IoU');
    expect(page).toMatch(/alt="rater1 of p\d"/);
    expect(page).toMatch(/alt="member 1 of p\d"/);
  });
});

describe('medseg evaluate with several annotators', () => {
  it('scores members against all of them, in the table, JSON, CSV and the report', async () => {
    const files = ['--json', at('mean.json'), '--csv', at('mean.csv'), '--report', at('report')];
    const { code, stdout, stderr } = await evaluate(...files);
    expect(code, stderr).toBe(0);
    const { annotators, images, ...rest } = readEvaluation('mean.json');
    expect(rest).not.toHaveProperty('fuse');
    expect([annotators.images, annotators.annotators, annotators.ensemble.samples]).toEqual([5, [3, 3], [4, 4]]);
    const several = images.filter((image) => image.annotators);
    expect(several.map(({ annotators: own }) => own!.count)).toEqual(Array.from({ length: 5 }, () => 3));
    expect(images.find(({ id }) => id === `p${PATIENTS - 1}`)).not.toHaveProperty('annotators');
    const geds = several.map(({ annotators: own }) => own!.ensemble!.ged);
    const { estimate, low, high } = annotators.ensemble.ged;
    expect(estimate).toBeCloseTo(geds.reduce((sum, ged) => sum + ged, 0) / geds.length, 12);
    expect([Math.min(...geds) <= low, high <= Math.max(...geds)]).toEqual([true, true]);
    expect(stdout).toContain(`${estimate.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`);
    expect(stdout).toContain('5 of 6 images with 3 annotators, 4 members');
    const lines = readFileSync(at('mean.csv'), 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/,annotators,annotator_dice,ged,hungarian_iou,anchor_annotator_dice,/);
    expect(lines).toHaveLength(7);
    const page = readFileSync(at('report/report.html'), 'utf8');
    expect(page).toContain(estimate.toFixed(3));
    expect(page).toMatch(/alt="rater3 of p\d"/);
    expect(page).toMatch(/alt="member 4 of p\d"/);
    expect(page).not.toContain('member 5');
  });

  it('scores the masks that --fuse makes, and says so; mean is the default', async () => {
    for (const fuse of ['mean', 'majority', 'staple']) {
      const { code, stdout, stderr } = await evaluate('--fuse', fuse, '--json', at(`${fuse}-fused.json`));
      expect(code, stderr).toBe(0);
      expect(stdout.includes(`, fused by ${fuse}`)).toBe(fuse !== 'mean');
      expect(readEvaluation(`${fuse}-fused.json`).fuse).toBe(fuse);
    }
    const [mean, named, majority, staple] = ['mean', 'mean-fused', 'majority-fused', 'staple-fused'].map((name) =>
      readEvaluation(`${name}.json`),
    );
    expect(named!.images).toEqual(mean!.images);
    for (const fused of [majority!, staple!]) {
      expect(fused.mean.ece).toBe(mean!.mean.ece);
      expect(fused.annotators.ensemble.ged).toEqual(mean!.annotators.ensemble.ged);
      expect(fused.images.map(({ area }) => area)).not.toEqual(mean!.images.map(({ area }) => area));
    }
    for (const fuse of ['mean', 'staple'])
      expect((await evaluate(...ofValidation, '--fuse', fuse, '--json', at(`${fuse}-2.json`))).code).toBe(0);
    const compared = await runCli('compare', at('mean-2.json'), at('staple-2.json'), '--json', at('pairs.json'));
    expect(compared.code, compared.stderr).toBe(0);
    expect(compared.stdout).toContain('staple-2.json (fused by staple)');
    expect(compared.stdout).toMatch(/^ *Dice, each annotator /m);
    const pairs = JSON.parse(readFileSync(at('pairs.json'), 'utf8'));
    expect(pairs.comparisons[0].metrics.ged).toMatchObject({ difference: { estimate: 0, images: 2 } });
  });

  it('spreads over threads to the same scores, and fuses where compare samples', async () => {
    const threads = ['evaluate', '--run', at('loose'), '--split', 'all', '--members', '4', '--workers', '2'];
    const { code, stderr } = await runCli(...threads, '--fuse', 'staple', '--json', at('threads.json'));
    expect(code, stderr).toBe(0);
    expect(readEvaluation('threads.json').images).toEqual(readEvaluation('staple-fused.json').images);
    const args = ['compare', at('loose'), at('staple-2.json'), '--members', '4'];
    const compared = await runCli(...args, '--fuse', 'staple', '--json', at('same.json'));
    expect(compared.code, compared.stderr).toBe(0);
    const { metrics } = JSON.parse(readFileSync(at('same.json'), 'utf8')).comparisons[0];
    for (const key of ['dice', 'ged', 'annotatorDice']) expect(metrics[key].difference.estimate).toBe(0);
  });

  it('takes the anchor for a single sample, and refuses to fuse it', async () => {
    const fast = ['evaluate', '--run', at('loose'), '--split', 'all', '--fast'];
    const { code, stdout, stderr } = await runCli(...fast, '--json', at('fast.json'));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('its GED is that of a single sample');
    const scores = readEvaluation('fast.json').images.map(({ annotators }) => annotators);
    expect(scores[0]).toEqual({ count: 3, anchor: readEvaluation('mean.json').images[0]!.annotators!.anchor });
    const refused = await runCli(...fast, '--fuse', 'staple');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("option '--fast'")]);
    expect((await runCli(...fast.slice(0, -1), '--fuse', 'median')).code).toBe(2);
    expect((await runCli(...fast, ...ofValidation, '--json', at('fast-2.json'))).code).toBe(0);
    const compared = await runCli('compare', at('mean-2.json'), at('fast-2.json'));
    expect(compared.code, compared.stderr).toBe(0);
    expect(compared.stdout.replace(/\s+/g, ' ')).toMatch(
      /number of masks of a case, which differs: \S+mean-2\.json 4, /,
    );
  });
});

describe('medseg segment --fuse', () => {
  it('writes the fused mask beside the probability of the mean', async () => {
    const files: Record<string, Record<string, Uint8Array>> = {};
    for (const fuse of [undefined, 'mean', 'majority', 'staple']) {
      const out = at(`masks-${fuse}`);
      const asked = fuse === undefined ? [] : ['--fuse', fuse];
      const args = ['--run', at('loose'), '--out', out, '--members', '4', '--workers', '1', ...asked];
      const { code, stderr } = await runCli('segment', join(data, 'images'), ...args);
      expect(code, stderr).toBe(0);
      files[`${fuse}`] = Object.fromEntries(
        readdirSync(out).map((name) => [name, new Uint8Array(readFileSync(join(out, name)))]),
      );
    }
    expect(files.mean).toEqual(files.undefined);
    const { images } = readEvaluation('staple-fused.json');
    for (const { id, area } of images) {
      const mask = (await decodePng(files.staple![`${id}_mask.png`]!)).data;
      expect(mask.filter((value) => value === 255)).toHaveLength(area);
    }
    for (const fuse of ['majority', 'staple']) {
      for (const name of Object.keys(files.mean!).filter((file) => /probability|uncertainty/.test(file)))
        expect(files[fuse]![name]).toEqual(files.mean![name]);
      expect(files[fuse]).not.toEqual(files.mean);
    }
  });
});

it('a run that draws annotators resumes to the last bit', async () => {
  const { child, done } = startCli(trainArgs('resumed', ...STEPS, ...draw));
  const steps = (): number => (existsSync(join(at('resumed'), 'metrics.jsonl')) ? losses('resumed').length : 0);
  while (steps() < 10 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGTERM');
  expect((await done).code).toBe(130);
  expect(steps()).toBeLessThan(40);
  const { code, stderr } = await runCli('train', '--resume', '--out', at('resumed'));
  expect(code, stderr).toBe(0);
  expect(losses('resumed')).toEqual(losses('drawn'));
});

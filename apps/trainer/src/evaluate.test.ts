import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
let data: string;

const ofValidation = ['--split', 'validation'];

/** A tiny run with three validation patients; the seed decides the split. */
async function trainTiny(name: string, seed: number, steps: number): Promise<void> {
  const split = ['--set', 'data.validation=0.5', '--seed', String(seed)];
  const args = ['train', '--data', data, '--layout', 'lgg', '--steps', String(steps), '--out', at(name), ...TINY];
  const { code, stderr } = await runCli(...args, ...split);
  expect(code, stderr).toBe(0);
}

interface Scores {
  dice: number;
  iou: number;
  hausdorff95: number;
}
interface Interval {
  estimate: number;
  low: number;
  high: number;
}
interface EvaluationFile {
  unit: string;
  trainedOn: string[];
  mean: Scores & { otsu: Scores };
  intervals: { ensemble: { dice: Interval; iou: Interval } };
  calibration: { ensemble: { bins: { count: number }[] } };
  riskCoverage: { ensemble: { aurc: number } };
  images: (Scores & { id: string; patient: string; trueArea: number; otsu: Scores })[];
}
interface ComparisonFile {
  comparisons: { metrics: { dice: { difference: Interval; byPatient: { pValue: number } } } }[];
}

const readJson = <T>(name: string): T => JSON.parse(readFileSync(at(name), 'utf8')) as T;
const evaluation = (name: string): EvaluationFile => readJson<EvaluationFile>(name);
const comparison = (name: string): ComparisonFile => readJson<ComparisonFile>(name);

beforeAll(async () => {
  data = await smallPhantom(folder);
  await trainTiny('a', 0, 2);
  await trainTiny('b', 0, 12);
  await trainTiny('other-split', 1, 2);
  for (const name of ['a', 'b', 'other-split']) {
    const { code, stderr } = await runCli('evaluate', '--run', at(name), ...ofValidation, '--json', at(`${name}.json`));
    expect(code, stderr).toBe(0);
  }
}, 120_000);

describe('medseg evaluate', () => {
  it('writes what it prints, image by image, as JSON and CSV', async () => {
    const { code, stdout } = await runCli(
      ...['evaluate', '--run', at('a'), ...ofValidation, '--json', at('a2.json'), '--csv', at('a.csv')],
    );
    expect(code).toBe(0);
    const { mean, intervals, images, unit, trainedOn, calibration, riskCoverage } = evaluation('a2.json');
    expect(evaluation('a2.json')).toEqual(evaluation('a.json')); // the same noise, the same intervals
    expect(images).toHaveLength(3);
    expect(unit).toBe('px');
    expect(trainedOn).toHaveLength(2);
    for (const method of ['dice', 'iou'] as const) {
      const values = images.map((image) => image[method]);
      expect(mean[method]).toBeCloseTo(values.reduce((a, b) => a + b) / 3, 12);
      expect(mean.otsu[method]).toBeCloseTo(images.reduce((sum, image) => sum + image.otsu[method], 0) / 3, 12);
      const { estimate, low, high } = intervals.ensemble[method];
      expect([estimate, low >= Math.min(...values) - 1e-12, high <= Math.max(...values) + 1e-12]).toEqual([
        mean[method],
        true,
        true,
      ]);
    }
    expect(calibration.ensemble.bins).toHaveLength(15);
    expect(calibration.ensemble.bins.reduce((sum, { count }) => sum + count, 0)).toBe(3 * 32 * 32);
    const losses = images.map(({ dice }) => 1 - dice);
    expect(riskCoverage.ensemble.aurc).toBeLessThanOrEqual(Math.max(...losses));
    const { estimate, low, high } = intervals.ensemble.dice;
    expect(stdout).toContain(`${estimate.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`);
    const lines = readFileSync(at('a.csv'), 'utf8').trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    const [id, patient, trueArea, dice] = lines[1]!.split(',');
    expect([id, patient, Number(trueArea), Number(dice)]).toEqual([
      images[0]!.id,
      images[0]!.patient,
      images[0]!.trueArea,
      images[0]!.dice,
    ]);
  });

  it('measures in millimetres with --spacing', async () => {
    const { code, stdout } = await runCli(
      ...['evaluate', '--run', at('a'), ...ofValidation, '--spacing', '0.5', '--json', at('mm.json')],
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Hausdorff 95 (mm)');
    const [pixels, millimetres] = [evaluation('a.json'), evaluation('mm.json')];
    expect(millimetres.mean.otsu.hausdorff95).toBeCloseTo(pixels.mean.otsu.hausdorff95 / 2, 9);
    expect(millimetres.images[0]!.trueArea).toBeCloseTo(pixels.images[0]!.trueArea / 4, 9);
    expect(millimetres.mean.dice).toBe(pixels.mean.dice);
  });
});

describe('without --split', () => {
  it('evaluate and compare score the test patients, or say that there are none', async () => {
    const test = await runCli('evaluate', '--run', at('a'), '--fast', '--json', at('test.json'));
    expect(test.code, test.stderr).toBe(0);
    expect(test.stdout).toContain('1 image of 1 patient, split test, ');
    expect(test.stdout).toContain('Test patients were used neither to train the weights nor to choose them.');
    const compared = await runCli('compare', at('a'), at('b'), '--fast');
    expect(compared.code, compared.stderr).toBe(0);
    expect(compared.stdout).toContain('1 image of 1 patient, split test; means per image');
    // A file says which part it is of, and the run beside it is scored on the same.
    const mixed = await runCli('compare', at('a.json'), at('b'), '--fast');
    expect(mixed.code, mixed.stderr).toBe(0);
    expect(mixed.stdout).toContain('3 images of 3 patients, split validation; means per image');
    const args = ['train', '--data', data, '--layout', 'lgg', '--steps', '2', '--out', at('no-test'), ...TINY];
    expect(await runCli(...args, '--set', 'data.test=0')).toMatchObject({ code: 0 });
    const validation = await runCli('evaluate', '--run', at('no-test'), '--fast');
    expect(validation.code, validation.stderr).toBe(0);
    expect(validation.stdout).toContain('1 image of 1 patient, split validation, ');
    expect(validation.stdout).toContain('scores on them tend to be too good');
  });
});

describe('medseg evaluate --fast', () => {
  it('scores the anchor alone, to the scores that it has beside the ensemble', async () => {
    const { code, stdout, stderr } = await runCli(
      ...['evaluate', '--run', at('a'), ...ofValidation, '--fast', '--json', at('fast.json'), '--report', at('fast')],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('split validation, the anchor head alone');
    expect(stdout).not.toContain('ensemble');
    const fast = readJson<{ mean: { anchor: Scores }; images: Scores[] }>('fast.json');
    const anchors = readJson<{ images: { anchor: Scores }[] }>('a.json').images.map(({ anchor }) => anchor);
    expect(fast.images.map(({ dice, hausdorff95 }) => [dice, hausdorff95])).toEqual(
      anchors.map(({ dice, hausdorff95 }) => [dice, hausdorff95]),
    );
    expect(fast.mean.anchor.dice).toBeCloseTo(anchors.reduce((sum, { dice }) => sum + dice, 0) / 3, 12);
    const page = readFileSync(at('fast/report.html'), 'utf8');
    expect(page).toContain('Scored is the anchor head alone');
    expect(page).not.toContain('emerging from noise');
    const compared = await runCli('compare', at('fast.json'), at('a.json'));
    expect(compared.code, compared.stderr).toBe(0);
    expect(compared.stdout).toContain(`A: ${at('fast.json')} (anchor head alone)\nB: ${at('a.json')}`);
  });
});

it.each(['evaluate', 'compare'])('medseg %s --fast draws nothing, and refuses to be told how', async (command) => {
  const args = command === 'evaluate' ? ['--run', at('a')] : [at('a'), at('b')];
  const { code, stderr } = await runCli(command, ...args, '--fast', '--members', '2');
  expect(code).toBe(2);
  expect(stderr).toContain("option '--fast' cannot be used with option '--members <n>'");
});

describe('medseg evaluate --report', () => {
  it('writes the page for any data, whose layout it guesses, and says what training used the patients for', async () => {
    const args = ['evaluate', '--run', at('a'), '--data', join(data, 'kaggle_3m'), '--split', 'all'];
    const { code, stdout, stderr } = await runCli(...args, '--report', at('page'));
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/layout: lgg, guessed from PHANTOM_001_1_mask\.tif; --layout says another/);
    expect(stderr).toContain('note: 2 of 6 images are of patients that the run was trained on');
    expect(stderr).toContain('note: 3 of 6 images are of patients whose Dice chose the weights');
    expect(stdout).toContain(`report: ${at('page/report.html')}`);
    const page = readFileSync(at('page/report.html'), 'utf8');
    expect(page).toContain('Mean over 6 images of 6 patients');
    expect(page).toContain('Ensemble against anchor');
    expect(page).toMatch(/<footer[^>]*><p>Made by medseg \d+\.\d+\.\d+ on \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(page).not.toMatch(/NaN<|undefined/);
  });

  it('takes the layout of the run where the names tell none', async () => {
    mkdirSync(at('nameless/p'), { recursive: true });
    const { code, stderr } = await runCli('evaluate', '--run', at('a'), '--data', at('nameless'), '--split', 'all');
    expect(code).toBe(1);
    expect(stderr).toContain('layout: lgg, as in training; the names of');
  });
});

describe('medseg compare', () => {
  it('compares runs pair by pair, and the files of evaluate --json alike', async () => {
    const runs = await runCli('compare', at('a'), at('b'), ...ofValidation, '--json', at('runs.json'));
    expect(runs.code, runs.stderr).toBe(0);
    expect(runs.stdout).toContain('3 images of 3 patients');
    const files = await runCli('compare', at('a.json'), at('b.json'), '--json', at('files.json'));
    expect(files.code, files.stderr).toBe(0);
    const mixed = await runCli('compare', at('a.json'), at('b'), '--json', at('mixed.json'));
    expect(mixed.code, mixed.stderr).toBe(0);
    const { metrics } = comparison('runs.json').comparisons[0]!;
    expect(comparison('files.json').comparisons[0]!.metrics).toEqual(metrics);
    expect(comparison('mixed.json').comparisons[0]!.metrics).toEqual(metrics);
    const difference = evaluation('b.json').mean.dice - evaluation('a.json').mean.dice;
    expect(metrics.dice.difference.estimate).toBeCloseTo(difference, 12);
    expect(difference).not.toBe(0);
    expect(metrics.dice.byPatient.pValue).toBeGreaterThanOrEqual(0.25 - 1e-12); // 2 of 2^3 at best
  });

  it('finds no difference between a run and itself', async () => {
    const { code, stdout } = await runCli('compare', at('a.json'), at('a.json'), at('a.json'));
    expect(code).toBe(0);
    expect(stdout.match(/Dice .* 0\.000 \[0\.000, 0\.000\] +1\.000 +3 /g)).toHaveLength(2);
  });

  it.each<[string, () => string[], number, RegExp]>([
    [
      'runs whose splits differ',
      () => [at('a'), at('other-split'), ...ofValidation],
      1,
      /their splits differ: the first is tested on patient PHANTOM_\d+.*, whom the second was trained on/,
    ],
    ['files of runs whose splits differ', () => [at('a.json'), at('other-split.json')], 1, /their splits differ/],
    ['patients that the runs were trained on', () => [at('a'), at('b'), '--split', 'all'], 1, /whom it was trained on/],
    ['one run', () => [at('a')], 2, /needs two runs or more, got 1/],
    ['no run', () => [], 2, /missing required argument 'run'/],
    ['a folder that is no run', () => [at('a'), folder], 1, /not a run of medseg/],
    ['a file that is not there', () => [at('a.json'), at('none.json')], 1, /none\.json: cannot be read \(ENOENT\)/],
    ['a file that is not JSON', () => [at('a.json'), at('broken.json')], 1, /broken\.json: not valid JSON/],
    [
      'a file of an earlier version',
      () => [at('a.json'), at('old.json')],
      1,
      /old\.json: not written by this version of medseg evaluate --json: unit: /,
    ],
    ['runs of two data sets', () => [at('a'), at('elsewhere')], 2, /say with --data which to compare on/],
    ['two units', () => [at('a.json'), at('b'), '--spacing', '0.5'], 1, /distances must have one unit, got px and mm/],
    ['a spacing of three', () => [at('a'), at('b'), '--spacing', '1,2,3'], 2, /one number, or height,width/],
  ])('refuses %s', async (_, args, code, rule) => {
    writeFileSync(at('broken.json'), '{');
    cpSync(at('a'), at('elsewhere'), { recursive: true });
    const info = readFileSync(at('a/run.json'), 'utf8');
    writeFileSync(at('elsewhere/run.json'), info.replace('"../phantom"', JSON.stringify(at('no-data'))));
    const { unit, ...old } = evaluation('a.json');
    writeFileSync(at('old.json'), JSON.stringify(old));
    const result: CliResult = await runCli('compare', ...args());
    expect(result.stderr).toMatch(rule);
    expect(result.code).toBe(code);
    expect(result.stderr.match(/^(medseg|error):/gm)).toHaveLength(1);
    expect(result.stdout).toBe('');
  });
});

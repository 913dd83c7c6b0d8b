import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createImage, encodePng } from '@medseg/image-io';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const data = join(folder, 'busi');
const run = join(folder, 'run');
const side = 32;

/** A gray PNG of a square, with a darker rim around it. */
function square(left: number, top: number, size: number, { value = 255, rim = 0, ground = 0 }): Uint8Array {
  const pixels = new Uint8Array(side * side).fill(ground);
  const draw = (grow: number, level: number): void => {
    for (let y = top - grow; y < top + size + grow; y++)
      for (let x = left - grow; x < left + size + grow; x++) pixels[y * side + x] = level;
  };
  if (rim > 0) draw(1, rim);
  draw(0, value);
  return encodePng(createImage({ width: side, height: side, channels: 1, data: pixels }));
}

beforeAll(() => {
  for (const name of ['benign', 'malignant']) {
    mkdirSync(join(data, name), { recursive: true });
    for (let n = 1; n <= 6; n++) {
      const at = (suffix: string): string => join(data, name, `${name} (${n})${suffix}.png`);
      writeFileSync(at(''), square(4 + n, 5, 6, { value: 150 + n, ground: 40 }));
      writeFileSync(at('_mask'), square(4 + n, 5, 4, { rim: 64 }));
      writeFileSync(at('_mask_1'), square(20, 20, 3, { rim: 100 }));
    }
  }
});

describe('masks with soft edges in several parts, in class folders', () => {
  const where = ['--data', data, '--layout', 'class-folders'];

  it('are problems that name the option, and with it are united, which is said', async () => {
    const without = await runCli('data', ...where);
    expect(without.code).toBe(1);
    expect(without.stdout).toMatch(
      /got 0, (64|100), 255; name more as classes, or give a threshold .* \(maskThreshold\)/,
    );
    const { code, stdout, stderr } = await runCli('data', ...where, '--mask-threshold', '128');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/problems +none/);
    expect(stdout).toMatch(/several masks, which do not overlap: they are united as parts of one mask: .* and 11 more/);
    expect(stdout).toContain('2.4 % of the pixels'); // 25 of 1024
  });

  it('are trained on and scored as they are united, and a file over the limit names it', async () => {
    const out = ['--out', run, '--steps', '2', '--set', 'data.maskThreshold=128'];
    const trained = await runCli('train', ...where, ...out, ...TINY);
    expect(trained.code, trained.stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'))).toMatchObject({
      config: { data: { maskThreshold: 128 } },
    });
    const json = join(folder, 'scores.json');
    const evaluated = await runCli('evaluate', '--run', run, '--json', json);
    expect(evaluated.code, evaluated.stderr).toBe(0);
    const { images } = JSON.parse(readFileSync(json, 'utf8')) as { images: { id: string; trueArea: number }[] };
    expect(images.map(({ trueArea }) => trueArea)).toEqual(images.map(() => 25));
    // Two validation patients of twelve, one of each diagnosis.
    expect(images.map(({ id }) => id.split(' ')[0]).sort()).toEqual(['benign', 'malignant']);
    const image = join(data, 'benign', 'benign (1).png');
    const segmented = await runCli('segment', image, '--run', run, '--out', folder, '--max-file-bytes', '1000');
    expect(segmented.code).toBe(1);
    expect(segmented.stderr).toMatch(/benign \(1\)\.png: .* the limit maxFileBytes is 1000/);
  }, 60_000);
});

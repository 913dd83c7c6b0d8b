import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createImage, encodePng } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { runCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const data = join(folder, 'Dataset001_Discs');
const side = 16;

function put(name: string, value: (x: number, y: number) => number): void {
  const file = join(data, name);
  mkdirSync(dirname(file), { recursive: true });
  const pixels = Uint8Array.from({ length: side * side }, (_, i) => value(i % side, Math.floor(i / side)));
  writeFileSync(file, encodePng(createImage({ width: side, height: side, channels: 1, data: pixels })));
}

describe('the ignore label of nnU-Net', () => {
  it('is said by data and train, learned from the other pixels, and in no score', async () => {
    for (let n = 0; n < 6; n++) {
      const inside = (x: number, y: number): boolean => Math.hypot(x - 5 - n / 2, y - 8) < 4;
      put(`imagesTr/p${n}_0000.png`, (x, y) => (inside(x, y) ? 200 : 50) + ((x * 7 + y * 13 + n * 5) % 40));
      // The last two columns of half of the masks are not labelled.
      put(`labelsTr/p${n}.png`, (x, y) => (n % 2 === 0 && x >= side - 2 ? 2 : inside(x, y) ? 1 : 0));
    }
    const labels = { background: 0, disc: 1, ignore: 2 };
    const about = { labels, channel_names: { 0: 'camera' }, numTraining: 6, file_ending: '.png' };
    writeFileSync(join(data, 'dataset.json'), JSON.stringify(about));
    const args = ['--data', data, '--layout', 'nnunet'];
    const counted = '96 pixels (6.3 %) of 3 of 6 masks have the label to ignore: they count in no loss and no score';
    const described = await runCli('data', ...args);
    expect([described.code, described.stdout]).toEqual([0, expect.stringContaining(counted)]);
    expect(described.stdout).toMatch(/^ignored +96 pixels of 3 cases, 6.* of all/m);
    const run = join(folder, 'run');
    const trained = await runCli('train', ...args, '--out', run, '--steps', '2', ...TINY);
    expect([trained.code, trained.stderr]).toEqual([0, expect.stringContaining(counted)]);
    expect(JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'))).toMatchObject({ classes: { ignore: [2] } });
    const json = join(folder, 'scores.json');
    const scored = await runCli('evaluate', '--run', run, '--split', 'all', '--members', '1', '--json', json);
    expect([scored.code, scored.stderr]).toEqual([0, expect.stringContaining(counted)]);
    const { images } = JSON.parse(readFileSync(json, 'utf8')) as { images: { id: string; ignoredPixels?: number }[] };
    expect(images.map(({ id, ignoredPixels }) => [id, ignoredPixels])).toEqual(
      Array.from({ length: 6 }, (_, n) => [`p${n}`, n % 2 === 0 ? 32 : undefined]),
    );
  });
});

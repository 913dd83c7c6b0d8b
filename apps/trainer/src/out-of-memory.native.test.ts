import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findInstall } from '@medseg/backend-native';
import { describe, expect, it } from 'vitest';
import { runCli, smallPhantom, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const fault = fileURLToPath(new URL('./failing-memory.fixture.mjs', import.meta.url));
const withoutMemory = (calls: number): { env: Record<string, string> } => ({
  env: { NODE_OPTIONS: `--import ${fault}`, MEDSEG_TEST_CALLS: String(calls) },
});
const folder = temporaryFolder();
const run = join(folder, 'run');
const native = ['--backend', 'native'];

describe.skipIf(!findInstall())('no memory left (medseg native install brings the library)', () => {
  it('ends training and segmenting with one line that says what needs less', async () => {
    const data = await smallPhantom(folder);
    const train = ['train', ...native, '--data', data, '--layout', 'lgg', '--steps', '2', ...TINY];
    const failed = await startCli([...train, '--out', join(folder, 'failed')], withoutMemory(150)).done;
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr.trimEnd().split('\n').at(-1)).toBe(
      'medseg: no memory for a tensor of [2,16,16,8] on GPU:0; a new run needs less with a smaller batch, --set training.batchSize=1 (it is 2)',
    );
    expect(failed.stderr).not.toMatch(/^\s+at /m);

    expect(await runCli(...train, '--out', run)).toMatchObject({ code: 0 });
    const image = join(data, 'kaggle_3m', 'PHANTOM_001', 'PHANTOM_001_1.tif');
    const segment = ['segment', ...native, '--run', run, '--image', image, '--workers', '1'];
    const { code, stderr } = await startCli([...segment, '--out', join(folder, 'masks')], withoutMemory(50)).done;
    expect(code, stderr).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      'medseg: no memory for a tensor of [2,16,16,8] on GPU:0; less is needed with fewer --workers, fewer --members, or --backend wasm',
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  }, 180_000);
});

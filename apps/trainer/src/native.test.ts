import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startCli, temporaryFolder } from './run-cli.fixture.ts';

const cache = temporaryFolder();
const env = { XDG_CACHE_HOME: cache, PIP_INDEX_URL: 'http://127.0.0.1:60999/simple', CUDA_VISIBLE_DEVICES: '-1' };

it('medseg native install --gpu says in one line why it installs nothing, and writes nothing', async () => {
  const install = ['native', 'install'];
  for (const [options, code, message] of [
    [['--gpu'], 1, /needs one of NVIDIA: CUDA_VISIBLE_DEVICES=-1 hides every card; --force installs it all the same$/],
    [['--gpu', '--source', 'stock'], 2, /--gpu takes the library of a Python wheel: --source auto or pypi, got stock$/],
    [['--force'], 2, /--force is for --gpu, where there is no graphics card$/],
  ] as const) {
    const result = await startCli([...install, ...options], { env }).done;
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr.trimEnd()).toMatch(message);
    expect(result.stderr.trimEnd()).not.toContain('\n');
  }
  expect(readdirSync(cache)).toEqual([]);
});

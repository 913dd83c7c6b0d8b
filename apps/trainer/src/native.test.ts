import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

it('takes no native library from the working directory, nor from where others may write', async () => {
  const root = temporaryFolder();
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, path), text, { mode: 0o644 });
  };
  const tfjsNode = 'app/node_modules/@tensorflow/tfjs-node';
  put(`${tfjsNode}/package.json`, JSON.stringify({ name: '@tensorflow/tfjs-node', version: '4.22.0' }));
  put(`${tfjsNode}/lib/napi-v8/tfjs_binding.node`, 'no library');
  mkdirSync(join(root, 'app/below'));
  const cwd = join(root, 'app/below');
  const status = (more: Record<string, string> = {}): ReturnType<typeof startCli>['done'] =>
    startCli(['native', 'status'], { cwd, env: { ...env, XDG_CACHE_HOME: root, ...more } }).done;
  expect(await status()).toMatchObject({ code: 1, stdout: expect.stringMatching(/^native: not installed; /) });
  const named = await status({ MEDSEG_TFJS_NODE: join(root, tfjsNode) });
  expect(named).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`${tfjsNode}, from @tensorflow/tfjs-node: `),
  });
  if (process.platform === 'win32') return; // which has no modes
  put('medseg/native/2.15.1/manifest.json', JSON.stringify({ tensorflow: '2.15.1', source: 'stock' }));
  put('medseg/native/2.15.1/tfjs_binding.node', 'no library');
  chmodSync(join(root, 'medseg/native/2.15.1'), 0o777);
  const rule = `the native library is not loaded: others may write to ${join(root, 'medseg/native/2.15.1')} (mode 0777)`;
  expect(await status()).toMatchObject({ code: 1, stdout: expect.stringContaining(rule) });
});

it('medseg native install asks an index by https', async () => {
  const install = ['native', 'install', '--source', 'pypi'];
  for (const [options, message] of [
    [[], /127\.0\.0\.1:60999 must be reached by https, got http:; --allow-http takes http from this machine$/],
    [['--allow-http'], /the Python index at 127\.0\.0\.1:60999 cannot be reached \(ECONNREFUSED\)$/],
  ] as const) {
    const { stderr, code } = await startCli([...install, ...options], { env }).done;
    expect([code, stderr.trimEnd()]).toEqual([1, expect.stringMatching(message)]);
  }
});

it.skipIf(process.platform === 'win32')('says which limit keeps the command from being loaded', () => {
  const bin = fileURLToPath(new URL('../bin/medseg.js', import.meta.url));
  const script = `ulimit -n 40; exec "${process.execPath}" "${bin}" --version`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    'medseg: cannot be loaded: only 40 files may be open at once, it needs 256; raise it with: ulimit -n 256\n',
  ]);
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findCompiler } from './compile-binding.ts';
import { expectFailedInstall } from './failed-install.fixture.ts';
import { install } from './install.ts';
import { cachedInstalls, findInstall } from './installs.ts';
import { probe } from './probe.ts';
import { type Index, serveWheel, wheelOf } from './wheel.fixture.ts';

const installed = findInstall();
const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const name = 'tensorflow_cpu-9.9.9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
const options = { source: 'pypi', version: '9.9.9', allowHttp: true } as const;
const folder = mkdtempSync(join(tmpdir(), 'medseg-install-'));
afterAll(() => rmSync(folder, { recursive: true }));
let root: string;
let cache: string;
let index: Index | undefined;

beforeEach(() => {
  root = mkdtempSync(join(folder, 'cache-'));
  cache = join(root, 'medseg', 'native');
  vi.stubEnv('XDG_CACHE_HOME', root);
  vi.stubEnv('CXXFLAGS', '-O0'); // what is compiled here only has to load
});
afterEach(() => {
  vi.unstubAllEnvs();
  index?.close();
});

/**
 * The wheel is small: a script for the linker stands for each library, and the loader looks for it first where the real
 * one lies.
 */
async function serveRealLibrary(): Promise<Index> {
  const library = join(installed!.folder, 'lib');
  vi.stubEnv('LD_LIBRARY_PATH', library);
  index = await serveWheel(
    name,
    wheelOf(installed!.folder, (file) => Buffer.from(`INPUT(${join(library, file)})\n`)),
  );
  vi.stubEnv('PIP_INDEX_URL', index.address);
  return index;
}

/** A process that installs; its last line is the folder. */
function installer(): ChildProcess {
  const program = `import { install } from ${JSON.stringify(dist)};
const { folder } = await install({ source: 'pypi', version: '9.9.9', allowHttp: true, onNote: (line) => console.log(line) });
console.log(folder);`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { env: process.env });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; lines: string[] }> {
  let output = '';
  child.stdout!.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, lines: output.trim().split('\n') };
}

/** Milliseconds for a test that compiles the binding twice. */
const COMPILING = { timeout: 180_000 };

describe.skipIf(installed?.source !== 'pypi')(
  'a whole install (medseg native install brings the library)',
  COMPILING,
  () => {
    it('goes on with half a download, and compiles again for other operations without one', async () => {
      const served = await serveRealLibrary();
      served.cuts.push(100_000, 0, 0);
      await expectFailedInstall(cache, options, /broke off after \d+ bytes .*; the next install goes on from there/);
      const found = await install(options);
      expect(served.downloads.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
      expect(found).toMatchObject({ where: 'cache', version: '9.9.9', folder: join(cache, '9.9.9') });
      expect((await probe(found.binding)).tensorflow).toMatch(/^2\./);
      expect(readdirSync(cache)).toEqual(['9.9.9']);

      served.close();
      expect(await install(options)).toEqual(found); // is there already
      const file = join(found.folder, 'manifest.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), operations: 'others' }));
      rmSync(join(found.folder, 'lib', 'libtensorflow_cc.so.2')); // what is compiled again is linked again
      symlinkSync(
        join(installed!.folder, 'lib', 'libtensorflow_cc.so.2'),
        join(found.folder, 'lib', 'libtensorflow_cc.so.2'),
      );
      expect(await install(options)).toEqual(found);
      expect((await probe(found.binding)).tensorflow).toMatch(/^2\./);
    });

    it('ends with a wrong sum, and with no compiler', async () => {
      const served = await serveRealLibrary();
      served.told = 'a'.repeat(64);
      await expectFailedInstall(cache, options, /has SHA-256 [0-9a-f]{64}, expected a{64}; it was deleted/);
      served.told = undefined;
      vi.stubEnv('CXX', 'no-such-compiler');
      const before = served.downloads.length;
      await expectFailedInstall(cache, options, /there is no C\+\+ compiler \(tried no-such-compiler\)/);
      expect(served.downloads).toHaveLength(before); // it is missed before anything large is downloaded
    });

    it('names the symbol that a library lacks', async () => {
      const source = join(root, 'empty.c');
      writeFileSync(source, '');
      const empty = join(root, 'empty.so');
      expect(spawnSync(await findCompiler(), ['-shared', '-fPIC', '-x', 'c', source, '-o', empty]).status).toBe(0);
      index = await serveWheel(
        name,
        wheelOf(installed!.folder, () => readFileSync(empty)),
      );
      vi.stubEnv('PIP_INDEX_URL', index.address);
      await expectFailedInstall(cache, options, /the native library does not work here: .*undefined symbol: TFE?_\w+/);
    });

    it('is done once by two processes, after one that was killed', async () => {
      const served = await serveRealLibrary();
      served.delay = 60_000;
      const killed = installer();
      while (served.downloads.length === 0) await sleep(20);
      killed.kill('SIGKILL');
      await ended(killed);
      expect(existsSync(`${cache}.lock`)).toBe(true);
      expect(cachedInstalls()).toEqual([]);
      served.delay = 0;
      const both = await Promise.all([installer(), installer()].map(ended));
      for (const { code, lines } of both) {
        expect(code, lines.join('\n')).toBe(0);
        expect(lines.at(-1)).toBe(join(cache, '9.9.9'));
      }
      expect(both.flatMap(({ lines }) => lines).filter((line) => /^waiting for process \d+/.test(line))).toHaveLength(
        1,
      );
      expect(served.downloads).toHaveLength(2);
      expect(readdirSync(cache)).toEqual(['9.9.9']);
      expect(existsSync(`${cache}.lock`)).toBe(false);
    });

    it('takes what tfjs-node’s own installer brings, and refuses a store that does not answer', async () => {
      vi.stubEnv('TFJS_NODE_CDN_STORAGE', 'http://127.0.0.1:60999/');
      const stock = { source: 'stock', allowHttp: true } as const;
      await expect(install(stock)).rejects.toThrow(
        /the store of tfjs-node at 127.0.0.1:60999 cannot be reached within 5 s \(ECONNREFUSED\)/,
      );
      const store = await serveWheel(name, Buffer.from('no wheel'));
      index = store;
      vi.stubEnv('TFJS_NODE_CDN_STORAGE', new URL('/', store.address).href);
      // An npm that puts the library where the installer would.
      const bin = join(root, 'bin');
      const made = join(root, 'made', 'node_modules', '@tensorflow', 'tfjs-node');
      mkdirSync(join(made, 'lib', 'napi-v8'), { recursive: true });
      mkdirSync(bin);
      cpSync(installed!.scripts, join(made, 'dist'), { recursive: true });
      cpSync(installed!.binding, join(made, 'lib', 'napi-v8', 'tfjs_binding.node'));
      symlinkSync(join(installed!.folder, 'lib'), join(made, 'lib', 'napi-v8', 'lib'));
      const npm = (script: string): void => writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
      npm('echo "npm error request to the store failed" >&2; exit 1');
      await expect(install(stock)).rejects.toThrow(/own installer failed: request to the store failed$/);
      expect(readdirSync(cache)).toEqual([]);
      npm(`cp -a ${join(root, 'made', 'node_modules')} .`);
      const found = await install(stock);
      expect(found).toMatchObject({ where: 'cache', source: 'stock', folder: join(cache, 'stock') });
      expect((await probe(found.binding)).tensorflow).toBe(found.version);
      expect(await install()).toEqual(found); // auto takes what works
    });
  },
);

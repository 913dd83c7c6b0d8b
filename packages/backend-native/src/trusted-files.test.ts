import { chmodSync, lchownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { install } from './install.ts';
import { cachedInstalls, findInstall, projectInstall } from './installs.ts';
import { probe } from './probe.ts';
import { register } from './register.ts';
import { keepFromOthers, whyUntrusted } from './trusted-files.ts';

let root: string;
let cache: string;
const at = (...names: string[]): string => join(root, ...names);
const put = (path: string, text = ''): void => {
  mkdirSync(dirname(at(path)), { recursive: true, mode: 0o755 });
  writeFileSync(at(path), text);
  chmodSync(at(path), 0o644);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medseg-trust-'));
  cache = at('medseg', 'native');
  vi.stubEnv('XDG_CACHE_HOME', root);
  put('medseg/native/2.15.1/manifest.json', JSON.stringify({ tensorflow: '2.15.1', source: 'stock' }));
  put('medseg/native/2.15.1/lib/libtensorflow_cc.so.2');
  put('medseg/native/2.15.1/tfjs_binding.node', 'no library');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

// Windows has no modes.
describe.skipIf(process.platform === 'win32')('a library in the cache', () => {
  it('is loaded where only the user may write to it', async () => {
    expect(findInstall()).not.toHaveProperty('untrusted');
    await expect(probe(findInstall()!)).rejects.toThrow(/does not work here: .*(file too short|ELF)/);
  });

  it.each([
    ['medseg/native', 0o775],
    ['medseg/native/2.15.1', 0o757],
    ['medseg/native/2.15.1/lib', 0o777],
    ['medseg/native/2.15.1/lib/libtensorflow_cc.so.2', 0o664],
    ['medseg/native/2.15.1/tfjs_binding.node', 0o646],
  ])('is not loaded where others may write to %s', async (path, mode) => {
    chmodSync(at(path), mode);
    const rule = `others may write to ${at(path)} (mode 0${mode.toString(8)}), so it is not loaded; if nobody has changed it: chmod -R go-w ${cache}`;
    expect(cachedInstalls()).toMatchObject([{ version: '2.15.1', untrusted: rule }]);
    await expect(probe(findInstall()!)).rejects.toThrow(`the native library is not loaded: ${rule}`);
    // Another file of tests may have loaded a library already.
    const known = vi.spyOn(tf.engine(), 'findBackendFactory').mockReturnValue(null as never);
    await expect(register()).rejects.toThrow(`register: ${rule}`);
    known.mockRestore();
    keepFromOthers(cache); // what the message says
    expect(findInstall()).not.toHaveProperty('untrusted');
  });

  it('is not loaded where a link leads to what others may write to', () => {
    put('elsewhere/lib.so');
    symlinkSync(at('elsewhere/lib.so'), at('medseg/native/2.15.1/lib/other.so'));
    symlinkSync(at('nowhere'), at('medseg/native/2.15.1/lib/nothing.so'));
    expect(findInstall()).not.toHaveProperty('untrusted');
    for (const [path, mode] of [
      ['elsewhere/lib.so', 0o666],
      ['elsewhere', 0o777],
    ] as const) {
      const before = statSync(at(path)).mode & 0o777;
      chmodSync(at(path), mode);
      expect(findInstall()?.untrusted).toMatch(`others may write to ${at(path)} `);
      chmodSync(at(path), before);
    }
  });

  it.skipIf(process.getuid?.() !== 0)('is not loaded where a file or a link is of another user', () => {
    lchownSync(at('medseg/native/2.15.1/tfjs_binding.node'), 1234, 1234);
    expect(findInstall()?.untrusted).toBe(
      `${join(cache, '2.15.1/tfjs_binding.node')} belongs to user 1234, so it is not loaded; it must belong to you or to root: chown -R 0 ${cache}`,
    );
    lchownSync(at('medseg/native/2.15.1/tfjs_binding.node'), 0, 0);
    symlinkSync('lib', at('medseg/native/2.15.1/link'));
    lchownSync(at('medseg/native/2.15.1/link'), 1234, 1234);
    expect(findInstall()?.untrusted).toMatch(/link belongs to user 1234/);
  });

  it('is not loaded where its manifest leads elsewhere, and is none where that is broken', () => {
    put('other.node');
    const manifest = (value: unknown): void => put('medseg/native/2.15.1/manifest.json', JSON.stringify(value));
    manifest({ tensorflow: '2.15.1', source: 'stock', binding: '../../../other.node' });
    expect(findInstall()?.untrusted).toMatch(/its manifest leads out of the folder, to .*other\.node, so it is not/);
    for (const value of [null, [], {}, { tensorflow: 3 }, { tensorflow: '2.1', source: 's', scripts: 4 }]) {
      manifest(value);
      expect(cachedInstalls()).toEqual([]);
    }
  });

  it('is not added to where others may write to the cache, and nothing is downloaded', async () => {
    chmodSync(cache, 0o777);
    const machine = { platform: 'linux', arch: 'x64', glibc: '2.36' };
    vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:60999/simple');
    await expect(install({ source: 'pypi', machine, allowHttp: true })).rejects.toThrow(
      `native install: others may write to ${cache} (mode 0777)`,
    );
  });
});

describe('whyUntrusted', () => {
  it('says what cannot be checked', () => {
    expect(whyUntrusted(at('none'))).toMatch(/^it cannot be checked who may write to it: ENOENT/);
  });
});

describe('projectInstall', () => {
  const tfjsNode = 'app/node_modules/@tensorflow/tfjs-node';
  beforeEach(() => {
    put(`${tfjsNode}/package.json`, JSON.stringify({ name: '@tensorflow/tfjs-node', version: '4.22.0' }));
    put(`${tfjsNode}/lib/napi-v8/tfjs_binding.node`, 'no library');
    rmSync(cache, { recursive: true });
  });

  it('takes nothing from the working directory', () => {
    const before = process.cwd();
    process.chdir(at('app'));
    try {
      expect(projectInstall()?.folder).not.toBe(at(tfjsNode));
      expect(findInstall()?.folder).not.toBe(at(tfjsNode));
    } finally {
      process.chdir(before);
    }
  });

  it('takes what is installed beside the package, or what MEDSEG_TFJS_NODE names', () => {
    const from = at('app/node_modules/@medseg/backend-native/dist/index.js');
    expect(projectInstall({ from })).toMatchObject({ where: 'project', version: '4.22.0', gpu: false });
    vi.stubEnv('MEDSEG_TFJS_NODE', at(tfjsNode));
    expect(findInstall()).toMatchObject({ where: 'project', folder: at(tfjsNode) });
    for (const set of ['app', at('app')]) {
      expect(() => projectInstall({ set })).toThrow(
        `MEDSEG_TFJS_NODE: must be the absolute path of a tfjs-node with its library, such as /opt/app/node_modules/@tensorflow/tfjs-node, got ${set}`,
      );
    }
  });

  it.skipIf(process.platform === 'win32')('is not loaded where others may write to it', () => {
    chmodSync(at(tfjsNode, 'lib/napi-v8/tfjs_binding.node'), 0o666);
    expect(projectInstall({ set: at(tfjsNode) })?.untrusted).toMatch(/chmod -R go-w .*tfjs-node$/);
  });
});

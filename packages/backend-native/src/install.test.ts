import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findCompiler } from './compile-binding.ts';
import { extractWheel, tensorflowContents } from './extract-wheel.ts';
import { expectFailedInstall } from './failed-install.fixture.ts';
import { cachedInstalls, findInstall, removeInstalls } from './installs.ts';
import { unpackNpmPackage } from './npm-package.ts';
import { probe } from './probe.ts';
import { findWheel, pythonIndex } from './python-index.ts';
import { DEFAULT_VERSION } from './sources.ts';

const linux = { platform: 'linux', arch: 'x64', glibc: '2.36' };
const here = { allowHttp: true };
let root: string;
let cache: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medseg-native-'));
  cache = join(root, 'medseg', 'native');
  vi.stubEnv('XDG_CACHE_HOME', root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** Serves one page at every address while some work is done. */
async function withIndex<T>(page: string, type: string, work: (address: string) => Promise<T>): Promise<T> {
  const server = createServer((_, response) => void response.writeHead(200, { 'content-type': type }).end(page));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const sum = 'a'.repeat(64);
const name = (version: string, tag: string): string => `tensorflow_cpu-${version}-cp312-cp312-${tag}.whl`;
const link = (file: string, hash = sum): string => `<a href="../../files/${file}#sha256=${hash}">${file}</a><br>`;

describe('findWheel', () => {
  it('takes the wheel for this system from an index in HTML or in JSON', async () => {
    const file = name('9.9.9', 'manylinux_2_17_x86_64.manylinux2014_x86_64');
    const html = [name('9.9.9', 'win_amd64'), name('9.9.8', 'manylinux2014_x86_64'), file].map((f) => link(f)).join('');
    const files = [{ filename: file, url: `/files/${file}`, hashes: { sha256: sum } }];
    for (const [page, type] of [
      [html, 'text/html'],
      [JSON.stringify({ files }), 'application/vnd.pypi.simple.v1+json'],
    ] as const) {
      const wheel = await withIndex(page, type, (index) => findWheel(index, 'tensorflow-cpu', '9.9.9', linux, here));
      expect(wheel).toMatchObject({ name: file, sha256: sum });
      expect(new URL(wheel.url).pathname).toBe(`/files/${file}`);
    }
  });

  it('says what the index lacks', async () => {
    const tried = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
    const page = link(name('9.9.9', 'manylinux_2_27_x86_64')) + link(name('9.9.8', 'manylinux_2_17_x86_64'), '');
    await withIndex(page + link(tried), 'text/html', async (index) => {
      const find = (version: string, glibc = '2.36'): Promise<unknown> =>
        findWheel(index, 'tensorflow-cpu', version, { ...linux, glibc }, here);
      await expect(find('1.2.3')).rejects.toThrow(/no tensorflow-cpu 1.2.3 for Linux on x64/);
      await expect(find('9.9.9', '2.17')).rejects.toThrow(/needs glibc 2.27 or newer, this system has 2.17/);
      await expect(find('9.9.8')).rejects.toThrow(/gives no SHA-256/);
      await expect(find('2.21.0')).rejects.toThrow(/another SHA-256 of .* than the one known/);
    });
  });

  it('takes only wheels whose sum is known here for the default version, and for those that were tried', async () => {
    const unknown = (version: string): string => `tensorflow_cpu-${version}-cp39-cp39-manylinux2014_x86_64.whl`;
    const page = [DEFAULT_VERSION, '2.18.1', '9.9.9'].map((version) => link(unknown(version))).join('');
    await withIndex(page, 'text/html', async (index) => {
      for (const version of [DEFAULT_VERSION, '2.18.1']) {
        await expect(findWheel(index, 'tensorflow-cpu', version, linux, here)).rejects.toThrow(
          `the Python index has no wheel of tensorflow-cpu ${version} whose SHA-256 is known here, only ${unknown(version)}`,
        );
      }
      const find = (pinned: boolean): Promise<unknown> =>
        findWheel(index, 'tensorflow-cpu', '9.9.9', linux, { ...here, pinned });
      expect(await find(false)).toMatchObject({ name: unknown('9.9.9') });
      await expect(find(true)).rejects.toThrow(/whose SHA-256 is known here/); // as each of CUDA for the default version
    });
  });

  it('asks no index and takes no wheel by http', async () => {
    await withIndex(link(name('9.9.9', 'manylinux2014_x86_64')), 'text/html', async (index) => {
      await expect(findWheel(index, 'tensorflow-cpu', '9.9.9', linux)).rejects.toThrow(
        /127\.0\.0\.1:\d+ must be reached by https, got http:; --allow-http takes http from this machine$/,
      );
      vi.stubEnv('PIP_INDEX_URL', index);
      await expectFailedInstall(
        cache,
        { source: 'pypi', version: '9.9.9', machine: linux },
        /must be reached by https/,
      );
    });
    vi.stubEnv('PIP_INDEX_URL', 'http://pypi.example.org/simple');
    await expectFailedInstall(
      cache,
      { ...here, source: 'pypi', machine: linux },
      /example\.org must be reached by https/,
    );
  });

  it('asks the index that pip would ask', () => {
    const file = join(root, 'pip.conf');
    writeFileSync(file, '[install]\nindex-url = http://a/\n[global]\nindex-url = http://b/simple\n');
    expect(pythonIndex({ PIP_CONFIG_FILE: file })).toBe('http://b/simple');
    expect(pythonIndex({ PIP_CONFIG_FILE: file, PIP_INDEX_URL: 'http://c/simple' })).toBe('http://c/simple');
  });

  it('runs no pip of the working directory', () => {
    const mark = join(root, 'was-run');
    mkdirSync(join(root, 'pip'));
    writeFileSync(join(root, 'pip', '__init__.py'), `open(${JSON.stringify(mark)}, 'w')`);
    const before = process.cwd();
    process.chdir(root);
    try {
      pythonIndex({ PIP_CONFIG_FILE: join(root, 'none'), XDG_CONFIG_HOME: root });
    } catch {
      // without pip there is no index
    } finally {
      process.chdir(before);
    }
    expect(existsSync(mark)).toBe(false);
  });
});

describe('install', () => {
  it('says that the index cannot be reached, and leaves nothing', async () => {
    vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:60999/simple');
    await expectFailedInstall(
      cache,
      { source: 'pypi', machine: linux, allowHttp: true },
      /Python index at 127.0.0.1:60999 cannot be reached \(ECONNREFUSED\)/,
    );
  });

  it('says that npm’s registry cannot be reached, before anything large is downloaded', async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:60999/');
    vi.stubEnv('npm_config_cache', join(root, 'npm'));
    vi.stubEnv('npm_config_fetch_retries', '0');
    await withIndex(link(name('9.9.9', 'manylinux2014_x86_64')), 'text/html', async (index) => {
      vi.stubEnv('PIP_INDEX_URL', index);
      const message = /npm could not download @tensorflow\/tfjs-node@4.22.0 \(/;
      await expectFailedInstall(cache, { ...here, source: 'pypi', version: '9.9.9', machine: linux }, message);
    });
  });

  it('refuses other systems and versions that are none', async () => {
    const mac = { platform: 'darwin', arch: 'arm64', glibc: undefined };
    await expectFailedInstall(
      cache,
      { source: 'pypi', machine: mac },
      /it needs Linux on x64, this is darwin on arm64; there install/,
    );
    await expectFailedInstall(
      cache,
      { source: 'pypi', machine: { ...linux, glibc: undefined } },
      /needs the GNU C library/,
    );
    await expectFailedInstall(cache, { source: 'pypi', version: 'latest' }, /version must be three numbers/);
  });

  it('finds and removes what is there, and nothing that was begun', async () => {
    for (const folder of ['2.18.1', '2.9.0', '.staging']) mkdirSync(join(cache, folder), { recursive: true });
    for (const version of ['2.18.1', '2.9.0']) {
      writeFileSync(join(cache, version, 'manifest.json'), JSON.stringify({ tensorflow: version, source: 'pypi' }));
    }
    expect(cachedInstalls().map(({ version }) => version)).toEqual(['2.18.1', '2.9.0']);
    expect(findInstall({ version: '2.9.0' })?.folder).toBe(join(cache, '2.9.0'));
    await removeInstalls();
    expect(existsSync(cache)).toBe(false);
  });
});

describe('the steps of an install', () => {
  it('names the compilers that it looked for', async () => {
    vi.stubEnv('CXX', 'no-such-compiler');
    await expect(findCompiler()).rejects.toThrow(
      /there is no C\+\+ compiler \(tried no-such-compiler\); install g\+\+/,
    );
  });

  it('refuses a wheel that is cut off', async () => {
    const file = join(root, 'half.whl');
    writeFileSync(file, 'PK\u0003\u0004 and no more');
    await expect(extractWheel(file, join(root, 'out'), tensorflowContents)).rejects.toThrow(
      /half.whl cannot be unpacked/,
    );
  });

  it('says in one line why a library does not load', async () => {
    const file = join(root, 'tfjs_binding.node');
    writeFileSync(file, 'no library');
    await expect(probe(file)).rejects.toThrow(/^the native library does not work here: .*(file too short|ELF)[^\n]*$/);
  });

  it('refuses a package of another integrity', async () => {
    const folder = join(root, 'package');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"name":"something","version":"1.0.0"}');
    const integrity = `sha512-${createHash('sha512').update('other').digest('base64')}`;
    await expect(unpackNpmPackage({ specifier: folder, integrity }, join(root, 'to'))).rejects.toThrow(
      /has integrity sha512-.*, expected sha512-/,
    );
  });
});

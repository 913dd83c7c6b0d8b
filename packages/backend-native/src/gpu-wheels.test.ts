import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectFailedInstall } from './failed-install.fixture.ts';
import { cudaRequirements } from './gpu-wheels.ts';
import type { InstallOptions } from './install.ts';
import { cachedInstalls } from './installs.ts';
import { whyNoCard } from './nvidia-card.ts';
import { cudaWheel, emptyWheel, type Index, serveWheels } from './wheel.fixture.ts';

const machine = { platform: 'linux', arch: 'x64', glibc: '2.36' };
const gpu: InstallOptions = { version: '9.9.9', gpu: true, machine, allowHttp: true };
const TENSORFLOW = 'tensorflow-9.9.9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
const CUBLAS = 'nvidia_cublas_cu12-1.2.3-py3-none-manylinux1_x86_64.whl';
const requirements = ["nvidia-cublas-cu12 (==1.2.3) ; extra == 'and-cuda'"];
let root: string;
let cache: string;
let index: Index | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medseg-gpu-'));
  cache = join(root, 'medseg', 'native');
  vi.stubEnv('XDG_CACHE_HOME', root);
  vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:60999/simple');
});
afterEach(() => {
  vi.unstubAllEnvs();
  index?.close();
  index = undefined;
  rmSync(root, { recursive: true });
});

async function serve(wheels: readonly (readonly [string, Buffer])[]): Promise<Index> {
  index = await serveWheels(new Map(wheels));
  vi.stubEnv('PIP_INDEX_URL', index.address);
  return index;
}

describe('install for graphics cards', () => {
  it('says at once that there is no card, and writes nothing', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '');
    const message = /needs one of NVIDIA: CUDA_VISIBLE_DEVICES= hides every card; --force installs it all the same$/;
    for (const source of ['auto', 'pypi'] as const) await expectFailedInstall(cache, { ...gpu, source }, message);
    expect(readdirSync(root)).toEqual([]);
    await expectFailedInstall(cache, { ...gpu, force: true }, /index at 127.0.0.1:60999 cannot be reached/);
    const mac = { platform: 'darwin', arch: 'arm64', glibc: undefined };
    await expectFailedInstall(cache, { ...gpu, machine: mac }, /it needs Linux on x64, this is darwin on arm64/);
    await expectFailedInstall(cache, { ...gpu, source: 'stock' }, /source must be auto or pypi, got stock/);
  });

  it('says that the disk is too small before anything is downloaded', async () => {
    const claimed = 1e15;
    const wheel = cudaWheel('nvidia_cublas_cu12', 'libcublas.so.12', { claimed });
    const served = await serve([
      [TENSORFLOW, emptyWheel(requirements)],
      [CUBLAS, wheel],
    ]);
    await expectFailedInstall(
      cache,
      { ...gpu, force: true },
      /needs 1000000\.0 GB while it installs, [\d.]+ GB are free in .*medseg$/,
    );
    expect(served.files).toEqual([]);
    expect(existsSync(cache)).toBe(false);
  });

  it('says what the index lacks', async () => {
    const force = { ...gpu, force: true };
    await serve([[TENSORFLOW, emptyWheel(requirements)]]);
    await expectFailedInstall(cache, force, /the Python index has no nvidia-cublas-cu12 1\.2\.3 for Linux on x64/);
    index!.close();
    await serve([[TENSORFLOW, emptyWheel([])]]);
    await expectFailedInstall(cache, force, /tensorflow-9\.9\.9-.*\.whl names no libraries of CUDA/);
    index!.ranges = false;
    await expectFailedInstall(cache, force, /127\.0\.0\.1:\d+ only sends whole files \(no ranges\) for http/);
    index!.close();
    await serve([[TENSORFLOW, Buffer.alloc(1000)]]);
    await expectFailedInstall(cache, force, /tensorflow-9\.9\.9-.*\.whl on 127\.0\.0\.1:\d+ cannot be read: /);
  });
});

describe('cudaRequirements', () => {
  it('reads the versions that TensorFlow was built with', () => {
    const metadata = [
      'Requires-Dist: numpy <2.0.0,>=1.23.5',
      "Requires-Dist: nvidia-cublas-cu12 (==12.2.5.6) ; extra == 'and-cuda'",
      "Requires-Dist: nvidia-cudnn-cu12 ==9.3.0.75 ; extra == 'and-cuda'",
      'Requires-Dist: nvidia_nccl.cu12<3.0,>=2.25.1; extra == "and-cuda"',
      "Requires-Dist: tensorflow-cpu-aws ==2.15.1 ; platform_system == 'Linux' and platform_machine == 'arm64'",
    ].join('\r\n');
    expect(cudaRequirements(metadata, 'a.whl')).toEqual([
      { project: 'nvidia-cublas-cu12', version: '12.2.5.6' },
      { project: 'nvidia-cudnn-cu12', version: '9.3.0.75' },
      { project: 'nvidia-nccl-cu12', version: '2.25.1' },
    ]);
    expect(() => cudaRequirements('Requires-Dist: nvidia-nccl-cu12; extra == "and-cuda"', 'a.whl')).toThrow(
      'a.whl names no version of nvidia-nccl-cu12',
    );
  });
});

describe('whyNoCard', () => {
  it('looks for the card, its driver and the driver’s library', () => {
    const why = (env = {}): string | undefined => whyNoCard({ root, env });
    const put = (path: string, text = ''): void => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    expect(why()).toBe('there is no driver of NVIDIA (no /dev/nvidia0)');
    put('proc/driver/nvidia/version');
    expect(why()).toMatch(
      /driver is there, but no \/dev\/nvidia0 \(Docker shows a container the cards with --gpus all\)/,
    );
    put('dev/nvidiactl');
    expect(why()).toMatch(/no \/dev\/nvidia0/);
    put('dev/nvidia3');
    expect(why()).toBe('/dev/nvidia3 is there, but not the driver’s library libcuda.so.1');
    put('etc/ld.so.cache', 'glibc-ld.so.cache1.1\0libcuda.so.1\0/opt/driver/libcuda.so.1\0');
    expect(why()).toBeUndefined();
    rmSync(join(root, 'etc'), { recursive: true });
    put('elsewhere/libcuda.so.1');
    expect(why({ LD_LIBRARY_PATH: `/none:${join(root, 'elsewhere')}` })).toBeUndefined();
    put('usr/lib64/libcuda.so.1');
    expect(why()).toBeUndefined();
    expect(why({ CUDA_VISIBLE_DEVICES: '0,1' })).toBeUndefined();
    expect(why({ CUDA_VISIBLE_DEVICES: '-1' })).toBe('CUDA_VISIBLE_DEVICES=-1 hides every card');
  });
});

describe('cachedInstalls', () => {
  it('puts the library for graphics cards first where there is a card, else that for the processor', () => {
    for (const [name, manifest] of [
      ['2.15.1', { tensorflow: '2.15.1' }],
      ['2.18.1', { tensorflow: '2.18.1' }],
      ['2.18.1-gpu', { tensorflow: '2.18.1', gpu: true }],
      ['2.16.2-gpu', { tensorflow: '2.16.2', gpu: true }],
    ] as const) {
      mkdirSync(join(cache, name), { recursive: true });
      writeFileSync(join(cache, name, 'manifest.json'), JSON.stringify({ ...manifest, source: 'pypi' }));
    }
    const order = (card: boolean): string[] =>
      cachedInstalls(cache, card).map(({ folder }) => folder.slice(cache.length + 1));
    expect(order(true)).toEqual(['2.18.1-gpu', '2.16.2-gpu', '2.15.1', '2.18.1']);
    expect(order(false)).toEqual(['2.15.1', '2.18.1', '2.18.1-gpu', '2.16.2-gpu']);
  });
});

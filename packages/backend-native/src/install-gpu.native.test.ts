import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectFailedInstall } from './failed-install.fixture.ts';
import { install } from './install.ts';
import { cachedInstalls, findInstall, type Manifest, removeInstalls } from './installs.ts';
import { probe } from './probe.ts';
import { cudaWheel, type Index, serveWheels, wheelOf } from './wheel.fixture.ts';

const installed = findInstall();
const options = { version: '9.9.9', gpu: true, force: true, allowHttp: true } as const;
const CUDA = [
  ['nvidia_cublas_cu12', 'libcublas.so.12'],
  ['nvidia_cuda_nvcc_cu12', 'libnvvm.so.4'],
] as const;
const nameOf = (project: string): string => `${project}-1.2.3-py3-none-manylinux1_x86_64.whl`;
const TENSORFLOW = 'tensorflow-9.9.9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
const folder = mkdtempSync(join(tmpdir(), 'medseg-install-gpu-'));
afterAll(() => rmSync(folder, { recursive: true }));
let root: string;
let cache: string;
let index: Index;

beforeEach(async () => {
  root = mkdtempSync(join(folder, 'cache-'));
  cache = join(root, 'medseg', 'native');
  if (installed?.source !== 'pypi') return;
  // The wheel is small: a script for the linker stands for each library, and the loader finds the real one first.
  const library = join(installed.folder, 'lib');
  const tensorflow = wheelOf(
    installed.folder,
    (file) => Buffer.from(`INPUT(${join(library, file)})\n`),
    CUDA.map(([project]) => `${project.replaceAll('_', '-')} ==1.2.3 ; extra == 'and-cuda'`),
  );
  const cuda = CUDA.map(([project, name]) => [nameOf(project), cudaWheel(project, name)] as const);
  index = await serveWheels(new Map([[TENSORFLOW, tensorflow], ...cuda]));
  vi.stubEnv('XDG_CACHE_HOME', root);
  vi.stubEnv('CXXFLAGS', '-O0'); // what is compiled here only has to load
  vi.stubEnv('PIP_INDEX_URL', index.address);
  vi.stubEnv('LD_LIBRARY_PATH', library);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', ''); // the same with and without a card
});
afterEach(() => {
  vi.unstubAllEnvs();
  index?.close();
});

/** Milliseconds for a test that compiles the binding twice. */
const COMPILING = 180_000;

describe.skipIf(installed?.source !== 'pypi')('a whole install for graphics cards (medseg native install)', () => {
  it(
    'goes on with half a download and puts the libraries of CUDA beside TensorFlow’s',
    async () => {
      index.cuts.push(100_000, 0, 0);
      await expectFailedInstall(cache, options, /broke off after \d+ bytes .*; the next install goes on from there/);
      const notes: string[] = [];
      const progress: [number, string][] = [];
      const found = await install({
        ...options,
        onNote: (line) => notes.push(line),
        onProgress: (...at) => progress.push(at),
      });
      expect(index.downloads[3]).toMatch(/^bytes=[1-9]\d*-$/);
      expect(index.files.slice(3)).toEqual([TENSORFLOW, ...CUDA.map(([project]) => nameOf(project))]);
      expect(notes.join('\n')).toMatch(
        /^downloading TensorFlow and CUDA: 3 wheels of \d+\.\d GB, 0\.0 GB of them are there, \d+\.\d GB unpacked$/m,
      );
      const shares = progress.map(([share]) => share);
      expect(shares).toEqual([...shares].sort((a, b) => a - b)); // one account of all of them
      expect(progress.at(-1)).toEqual([1, expect.stringMatching(/^(\d+) of \1 MB, 3 of 3: nvidia_cuda_nvcc_cu12$/)]);

      expect(found).toMatchObject({ version: '9.9.9', gpu: true, folder: join(cache, '9.9.9-gpu'), source: 'pypi' });
      expect(await probe(found.binding)).toMatchObject({ gpu: false });
      expect(readdirSync(cache)).toEqual(['9.9.9-gpu']);
      const inside = readdirSync(join(found.folder, 'nvidia'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(found.folder.length + 1));
      expect(inside.sort()).toEqual([
        'nvidia/cublas/bin/ptxas',
        'nvidia/cublas/lib/libcublas.so.12',
        'nvidia/cuda_nvcc/bin/ptxas',
        'nvidia/cuda_nvcc/lib/libnvvm.so.4',
        'nvidia/licenses/nvidia_cublas_cu12-License.txt',
        'nvidia/licenses/nvidia_cuda_nvcc_cu12-License.txt',
      ]);
      expect(readFileSync(join(found.folder, inside[1]!), 'utf8')).toBe('library libcublas.so.12');
      expect(statSync(join(found.folder, 'nvidia/cuda_nvcc/bin/ptxas')).mode & 0o111).not.toBe(0);
      expect(statSync(join(found.folder, 'nvidia/cublas/lib/libcublas.so.12')).mode & 0o111).toBe(0);
      // Known to the loader where every TensorFlow looks.
      const common = join(found.folder, 'nvidia', 'cuda_runtime', 'lib');
      expect(readdirSync(common).sort()).toEqual(['libcublas.so.12', 'libnvvm.so.4']);
      expect(readlinkSync(join(common, 'libcublas.so.12'))).toBe('../../cublas/lib/libcublas.so.12');
      expect(readFileSync(join(common, 'libnvvm.so.4'), 'utf8')).toBe('library libnvvm.so.4');
      const manifest = JSON.parse(readFileSync(join(found.folder, 'manifest.json'), 'utf8')) as Manifest;
      expect(manifest.cuda).toEqual(CUDA.map(([project]) => nameOf(project)));

      index.close();
      expect(await install(options)).toEqual(found); // is there already
      expect(await install({ version: '9.9.9', gpu: true })).toEqual(found); // for which no card is needed
      await removeInstalls();
      expect(existsSync(cache)).toBe(false);
    },
    COMPILING,
  );

  it(
    'ends with a wrong sum of one of them, and gets that one alone again',
    async () => {
      index.told = 'a'.repeat(64);
      index.toldOf = /cublas/;
      await expectFailedInstall(
        cache,
        options,
        /nvidia_cublas_cu12-1\.2\.3-.*\.whl has SHA-256 [0-9a-f]{64}, expected a{64}; it was deleted/,
      );
      index.told = undefined;
      await install(options);
      expect(index.files.filter((name) => name === nameOf('nvidia_cublas_cu12'))).toHaveLength(2);
      expect(index.downloads.filter((range) => range === undefined)).toHaveLength(4); // TensorFlow’s was whole
    },
    COMPILING,
  );

  it(
    'leaves the library for the processor as it is, which is taken where there is no card',
    async () => {
      const processor = wheelOf(installed!.folder, (file) =>
        Buffer.from(`INPUT(${join(installed!.folder, 'lib', file)})\n`),
      );
      const both = await serveWheels(
        new Map([['tensorflow_cpu-9.9.9-cp311-cp311-manylinux2014_x86_64.whl', processor]]),
      );
      vi.stubEnv('PIP_INDEX_URL', both.address);
      const cpu = await install({ version: '9.9.9', source: 'pypi', allowHttp: true });
      both.close();
      vi.stubEnv('PIP_INDEX_URL', index.address);
      vi.stubEnv('CXX', 'no-such-compiler');
      await expect(install(options)).rejects.toThrow(/there is no C\+\+ compiler/);
      expect(cachedInstalls()).toEqual([cpu]);
      expect(index.files).toEqual([]); // it is missed before anything large is downloaded
      vi.stubEnv('CXX', undefined);
      const gpu = await install(options);
      expect(findInstall()).toEqual(cpu);
      expect(cachedInstalls(cache, true)).toEqual([gpu, cpu]);
      expect(await install({ version: '9.9.9' })).toEqual(cpu);
      expect(await install({ version: '9.9.9', gpu: true })).toEqual(gpu);
    },
    COMPILING,
  );
});

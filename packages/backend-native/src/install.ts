import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, lockFile } from './cache-folder.ts';
import { compileBinding, findCompiler } from './compile-binding.ts';
import { download } from './download.ts';
import { extractWheel } from './extract-wheel.ts';
import { cachedInstalls, type Install, type Manifest, projectInstall } from './installs.ts';
import { withLock } from './lock.ts';
import { type Machine, requireLinux, thisMachine } from './machine.ts';
import { unpackNpmPackage } from './npm-package.ts';
import { probe } from './probe.ts';
import { findWheel, pythonIndex } from './python-index.ts';
import { DEFAULT_VERSION, NPM_PACKAGES } from './sources.ts';

export interface InstallOptions {
  /** `pypi`: the library of a Python wheel, whatever else is there. `auto`: what already loads, else that. */
  readonly source?: 'auto' | 'pypi';
  /** Of TensorFlow. */
  readonly version?: string;
  /** One line about what is done. */
  readonly onNote?: (line: string) => void;
  /** Share of the download, 0 to 1, and its size in words. */
  readonly onProgress?: (share: number, note: string) => void;
  /** For tests: a machine that is not this one. */
  readonly machine?: Machine;
}

/**
 * Brings TensorFlow's library for Node into the user's cache, or finds one that works. Whatever fails, an earlier
 * install stays as it was and no half one is left. Throws NativeError with the reason in one line.
 */
export async function install(options: InstallOptions = {}): Promise<Install> {
  const { source = 'auto', version = DEFAULT_VERSION, onNote, machine = thisMachine() } = options;
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new RangeError(`native install: version must be three numbers, as ${DEFAULT_VERSION}, got ${version}`);
  }
  if (source === 'auto') {
    const found = await findWorking(options.version, onNote);
    if (found) return found;
  }
  requireLinux(machine);
  const cache = cacheFolder();
  const onWait = (holder: string): void => onNote?.(`waiting for ${holder}, which is installing`);
  return withLock(
    lockFile(cache),
    async () => {
      const present = cachedInstalls(cache).find((candidate) => candidate.version === version);
      if (present && (await works(present, onNote))) return present;
      await installWheel(cache, version, machine, options);
      return cachedInstalls(cache).find((candidate) => candidate.version === version)!;
    },
    { onWait },
  );
}

async function findWorking(
  version: string | undefined,
  onNote: InstallOptions['onNote'],
): Promise<Install | undefined> {
  const project = version === undefined ? projectInstall() : undefined;
  const candidates = [...cachedInstalls(), ...(project ? [project] : [])];
  for (const candidate of candidates) {
    if (version !== undefined && candidate.version !== version) continue;
    if (await works(candidate, onNote)) return candidate;
  }
  return undefined;
}

async function works({ binding, folder }: Install, onNote: InstallOptions['onNote']): Promise<boolean> {
  try {
    await probe(binding);
    return true;
  } catch (error) {
    onNote?.(`${folder}: ${(error as Error).message}`);
    return false;
  }
}

/** Under the lock: everything is made in a folder aside, tried there and put into place in one step. */
async function installWheel(
  cache: string,
  version: string,
  machine: Machine,
  { onNote, onProgress }: InstallOptions,
): Promise<void> {
  const wheel = await findWheel(pythonIndex(), 'tensorflow-cpu', version, machine);
  const staging = join(cache, '.staging');
  rmSync(staging, { recursive: true, force: true }); // of a process that was killed
  const downloads = join(cache, '.downloads');
  mkdirSync(downloads, { recursive: true });
  mkdirSync(staging, { recursive: true });
  const archive = join(downloads, `${wheel.sha256}.whl`);
  try {
    // The small parts first: where npm or the compiler is missing, nothing large has been downloaded.
    onNote?.('getting the binding’s sources from npm');
    await unpackNpmPackage(NPM_PACKAGES['tfjs-node'], join(staging, 'sources'));
    await unpackNpmPackage(NPM_PACKAGES['node-api-headers'], join(staging, 'headers'));
    await findCompiler();
    onNote?.(`downloading ${wheel.name}`);
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
    await download(wheel.url, archive, wheel.sha256, {
      onProgress: (received, total) =>
        onProgress?.(total ? received / total : 0, `${megabytes(received)} of ${megabytes(total)} MB`),
    });
    onNote?.('unpacking the library and compiling the binding');
    await extractWheel(archive, staging);
    const binding = join(staging, 'tfjs_binding.node');
    const sources = join(staging, 'sources');
    await compileBinding(binding, {
      tfjsNode: sources,
      nodeHeaders: join(staging, 'headers', 'include'),
      tensorflow: staging,
    });
    const { tensorflow } = await probe(binding);
    mkdirSync(join(staging, 'tfjs-node'));
    for (const part of ['dist', 'package.json']) renameSync(join(sources, part), join(staging, 'tfjs-node', part));
    for (const part of ['sources', 'headers', 'include']) rmSync(join(staging, part), { recursive: true });
    const manifest: Manifest = {
      tensorflow: version,
      tfjsNode: NPM_PACKAGES['tfjs-node'].specifier,
      source: 'pypi',
      wheel: wheel.name,
      sha256: wheel.sha256,
    };
    writeFileSync(join(staging, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const target = join(cache, version);
    rmSync(target, { recursive: true, force: true }); // one that did not load
    renameSync(staging, target);
    rmSync(downloads, { recursive: true, force: true });
    onNote?.(`TensorFlow ${tensorflow} is installed in ${target}`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

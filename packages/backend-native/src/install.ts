import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, lockFile } from './cache-folder.ts';
import { compileBinding, findCompiler, operationsVersion } from './compile-binding.ts';
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
      const usable = present && (await works(present, onNote));
      if (usable && isCurrent(present)) return present;
      if (usable && existsSync(join(present.folder, 'sources'))) await compileAgain(present, onNote);
      else await installWheel(cache, version, machine, options);
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
    if (isCurrent(candidate) && (await works(candidate, onNote))) return candidate;
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

/** Whether a binding holds the operations of this package, as far as it is ours. */
function isCurrent({ where, operations }: Install): boolean {
  return where === 'project' || operations === operationsVersion();
}

/** Under the lock: a binding that an earlier version of this package has compiled, made anew from what it has kept. */
async function compileAgain({ folder, binding }: Install, onNote: InstallOptions['onNote']): Promise<void> {
  onNote?.('compiling the binding again: this package has other operations');
  const made = join(folder, '.tfjs_binding.node');
  try {
    await compileIn(folder, made);
    const file = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    renameSync(made, binding);
    writeManifest(folder, { ...manifest, operations: operationsVersion() });
  } finally {
    rmSync(made, { force: true });
  }
}

/** Compiles the binding from the sources that lie in a folder beside the library, and tries it. */
async function compileIn(folder: string, binding: string): Promise<string> {
  const sources = join(folder, 'sources');
  await compileBinding(binding, {
    tfjsNode: join(sources, 'tfjs-node'),
    nodeHeaders: join(sources, 'node', 'include'),
    tensorflow: folder,
  });
  return (await probe(binding)).tensorflow;
}

function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
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
    const sources = join(staging, 'sources');
    await unpackNpmPackage(NPM_PACKAGES['tfjs-node'], join(sources, 'tfjs-node'));
    await unpackNpmPackage(NPM_PACKAGES['node-api-headers'], join(sources, 'node'));
    await findCompiler();
    onNote?.(`downloading ${wheel.name}`);
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
    await download(wheel.url, archive, wheel.sha256, {
      onProgress: (received, total) =>
        onProgress?.(total ? received / total : 0, `${megabytes(received)} of ${megabytes(total)} MB`),
    });
    onNote?.('unpacking the library and compiling the binding');
    await extractWheel(archive, staging);
    const tensorflow = await compileIn(staging, join(staging, 'tfjs_binding.node'));
    mkdirSync(join(staging, 'tfjs-node'));
    for (const part of ['dist', 'package.json']) {
      renameSync(join(sources, 'tfjs-node', part), join(staging, 'tfjs-node', part));
    }
    const manifest: Manifest = {
      tensorflow: version,
      tfjsNode: NPM_PACKAGES['tfjs-node'].specifier,
      operations: operationsVersion(),
      source: 'pypi',
      wheel: wheel.name,
      sha256: wheel.sha256,
    };
    writeManifest(staging, manifest);
    const target = join(cache, version);
    rmSync(target, { recursive: true, force: true }); // one that did not load
    renameSync(staging, target);
    rmSync(downloads, { recursive: true, force: true });
    onNote?.(`TensorFlow ${tensorflow} is installed in ${target}`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

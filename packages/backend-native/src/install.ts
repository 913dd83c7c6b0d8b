import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, lockFile } from './cache-folder.ts';
import { compileBinding, findCompiler, operationsVersion } from './compile-binding.ts';
import { download } from './download.ts';
import { extractWheel } from './extract-wheel.ts';
import { cachedInstalls, type Install, type Manifest, projectInstall } from './installs.ts';
import { withLock } from './lock.ts';
import { type Machine, requireLinux, thisMachine } from './machine.ts';
import { NativeError } from './native-error.ts';
import { unpackNpmPackage } from './npm-package.ts';
import { probe } from './probe.ts';
import { findWheel, pythonIndex } from './python-index.ts';
import { DEFAULT_VERSION, NPM_PACKAGES } from './sources.ts';
import { installStock, STOCK_PACKAGE } from './stock.ts';

export type InstallSource = 'auto' | 'pypi' | 'stock';

export interface InstallOptions {
  /**
   * `pypi`: the library of a Python wheel. `stock`: what tfjs-node's own installer brings. `auto`: what already loads,
   * else the wheel where it runs (it is newer, checked, and compiled with our operations), else the stock one.
   */
  readonly source?: InstallSource;
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
  const cache = cacheFolder();
  const onWait = (holder: string): void => onNote?.(`waiting for ${holder}, which is installing`);
  if (source === 'pypi') requireLinux(machine);
  return withLock(lockFile(cache), () => installFrom(source, cache, version, machine, options), { onWait });
}

/** Under the lock. */
async function installFrom(
  source: InstallSource,
  cache: string,
  version: string,
  machine: Machine,
  options: InstallOptions,
): Promise<Install> {
  if (source === 'stock') return bringStock(cache, options);
  try {
    requireLinux(machine);
    return await bringWheel(cache, version, machine, options);
  } catch (error) {
    if (source === 'pypi' || options.version !== undefined || !(error instanceof NativeError)) throw error;
    options.onNote?.(error.message);
    try {
      return await bringStock(cache, options);
    } catch (second) {
      if (!(second instanceof NativeError)) throw second;
      throw new NativeError(`${error.message}; ${second.message.replace(/^native install: /, '')}`);
    }
  }
}

async function bringWheel(cache: string, version: string, machine: Machine, options: InstallOptions): Promise<Install> {
  const find = (): Install | undefined =>
    cachedInstalls(cache).find((candidate) => candidate.version === version && candidate.source === 'pypi');
  const present = find();
  const usable = present && (await works(present, options.onNote));
  if (usable && isCurrent(present)) return present;
  if (usable && existsSync(join(present.folder, 'sources'))) await compileAgain(present, options.onNote);
  else await installWheel(cache, version, machine, options);
  return find()!;
}

/** What tfjs-node's own installer brings, put into place once it has been seen to compute. */
async function bringStock(cache: string, { onNote }: InstallOptions): Promise<Install> {
  const find = (): Install | undefined => cachedInstalls(cache).find((candidate) => candidate.source === 'stock');
  const present = find();
  if (present && (await works(present, onNote))) return present;
  const staging = join(cache, '.staging');
  rmSync(staging, { recursive: true, force: true });
  try {
    await installStock(staging, { ...(onNote && { onNote }) });
    const binding = join(STOCK_PACKAGE, 'lib', 'napi-v8', 'tfjs_binding.node');
    const { tensorflow } = await probe(join(staging, binding));
    const tfjsNode = NPM_PACKAGES['tfjs-node'].specifier;
    writeManifest(staging, { tensorflow, tfjsNode, source: 'stock', binding, scripts: join(STOCK_PACKAGE, 'dist') });
    const target = join(cache, 'stock');
    rmSync(target, { recursive: true, force: true });
    renameSync(staging, target);
    onNote?.(`TensorFlow ${tensorflow} is installed in ${target}`);
    return find()!;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
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
function isCurrent({ source, operations }: Install): boolean {
  return source !== 'pypi' || operations === operationsVersion();
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

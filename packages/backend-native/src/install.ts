import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, lockFile } from './cache-folder.ts';
import { compileBinding, findCompiler, operationsVersion } from './compile-binding.ts';
import { extractWheel, tensorflowContents } from './extract-wheel.ts';
import { findGpuWheels } from './gpu-wheels.ts';
import { cachedInstalls, type Install, type Manifest, projectInstall } from './installs.ts';
import { linkCudaLibraries } from './link-cuda.ts';
import { withLock } from './lock.ts';
import { type Machine, requireLinux, thisMachine } from './machine.ts';
import { NativeError } from './native-error.ts';
import { unpackNpmPackage } from './npm-package.ts';
import { whyNoCard } from './nvidia-card.ts';
import { type ProbeResult, probe } from './probe.ts';
import { findWheel, pythonIndex } from './python-index.ts';
import { DEFAULT_VERSION, NPM_PACKAGES } from './sources.ts';
import { installStock, STOCK_PACKAGE } from './stock.ts';
import { keepFromOthers, whyUntrustedFolder } from './trusted-files.ts';
import { archiveOf, describeDownloads, downloadAll, type InstallWheel } from './wheel-downloads.ts';

/** Where the library comes from; see {@link InstallOptions.source}. */
export type InstallSource = 'auto' | 'pypi' | 'stock';

/** Options of {@link install}. */
export interface InstallOptions {
  /**
   * `pypi`: the library of a Python wheel. `stock`: what tfjs-node's own installer brings. `auto`: what already loads,
   * else the wheel where it runs (it is newer, checked, and compiled with our operations), else the stock one.
   */
  readonly source?: InstallSource;
  /** Of TensorFlow. Default {@link DEFAULT_VERSION}. */
  readonly version?: string;
  /** A library for NVIDIA GPUs, with the CUDA libraries; only from a wheel. */
  readonly gpu?: boolean;
  /** With `gpu`: also on a machine without a card, as for an image of another machine. */
  readonly force?: boolean;
  /** Takes a Python index of this machine (localhost, 127.0.0.0/8, ::1) by http, too; others need https. Default false. */
  readonly allowHttp?: boolean;
  /** One line about what is done. Default none. */
  readonly onNote?: (line: string) => void;
  /** Share of the download, 0 to 1, and its size in words. Default none. */
  readonly onProgress?: (share: number, note: string) => void;
  /** For tests: a machine that is not this one. Default: this one. */
  readonly machine?: Machine;
}

/**
 * Brings TensorFlow's library for Node into the user's cache, or finds one that works. Whatever fails, an earlier
 * install stays as it was and no half one is left. Throws NativeError with the reason in one line.
 */
export async function install(options: InstallOptions = {}): Promise<Install> {
  const { source = 'auto', version = DEFAULT_VERSION, gpu = false, onNote, machine = thisMachine() } = options;
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new RangeError(`native install: version must be three numbers, as ${DEFAULT_VERSION}, got ${version}`);
  }
  if (gpu && source === 'stock') {
    throw new RangeError(
      'native install: gpu takes the library of a Python wheel, source must be auto or pypi, got stock',
    );
  }
  if (source === 'auto') {
    const found = await findWorking(options);
    if (found) return found;
  }
  if (source === 'pypi' || gpu) requireLinux(machine);
  const cache = cacheFolder();
  if (gpu && !options.force && !cachedInstalls(cache).some((present) => present.gpu && present.version === version)) {
    const why = whyNoCard();
    if (why !== undefined) {
      throw new NativeError(
        `native install: the library for graphics cards needs one of NVIDIA: ${why}; --force installs it all the same`,
      );
    }
  }
  const untrusted = existsSync(cache) ? whyUntrustedFolder(cache) : undefined;
  if (untrusted !== undefined) throw new NativeError(`native install: ${untrusted}`);
  const onWait = (holder: string): void => onNote?.(`waiting for ${holder}, which is installing`);
  return withLock(lockFile(cache), () => installFrom(source, cache, version, machine, options), { onWait });
}

/** Others may read it, whatever the umask: what they may write to is not loaded. */
const FOLDER_MODE = 0o755;

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
    if (source === 'pypi' || options.gpu || options.version !== undefined || !(error instanceof NativeError))
      throw error;
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
  const { gpu = false } = options;
  const find = (): Install | undefined =>
    cachedInstalls(cache).find(
      (candidate) => candidate.version === version && candidate.source === 'pypi' && candidate.gpu === gpu,
    );
  const present = find();
  const usable = present && (await works(present, options.onNote));
  if (usable && isCurrent(present)) return present;
  if (usable && existsSync(join(present.folder, 'sources'))) await compileAgain(present, options.onNote);
  else await installWheel(cache, version, machine, options);
  return find()!;
}

/** What tfjs-node's own installer brings, put into place once it has been seen to compute. */
async function bringStock(cache: string, { onNote, allowHttp = false }: InstallOptions): Promise<Install> {
  const find = (): Install | undefined => cachedInstalls(cache).find((candidate) => candidate.source === 'stock');
  const present = find();
  if (present && (await works(present, onNote))) return present;
  const staging = join(cache, '.staging');
  rmSync(staging, { recursive: true, force: true });
  try {
    mkdirSync(staging, { recursive: true, mode: FOLDER_MODE });
    await installStock(staging, { allowHttp, ...(onNote && { onNote }) });
    const binding = join(STOCK_PACKAGE, 'lib', 'napi-v8', 'tfjs_binding.node');
    const { tensorflow } = await probe(join(staging, binding));
    const tfjsNode = NPM_PACKAGES['tfjs-node'].specifier;
    writeManifest(staging, { tensorflow, tfjsNode, source: 'stock', binding, scripts: join(STOCK_PACKAGE, 'dist') });
    keepFromOthers(staging);
    const target = join(cache, 'stock');
    rmSync(target, { recursive: true, force: true });
    renameSync(staging, target);
    onNote?.(`TensorFlow ${tensorflow} is installed in ${target}`);
    return find()!;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function findWorking({ version, gpu = false, onNote }: InstallOptions): Promise<Install | undefined> {
  const project = version === undefined ? projectInstall() : undefined;
  const candidates = [...cachedInstalls(), ...(project ? [project] : [])];
  for (const candidate of candidates) {
    if (version !== undefined && candidate.version !== version) continue;
    if ((gpu && !candidate.gpu) || !isCurrent(candidate)) continue;
    const found = await works(candidate, onNote);
    // A project's library for graphics cards that finds none has been left without those of CUDA.
    if (found && (!gpu || found.gpu || candidate.where === 'cache')) return candidate;
  }
  return undefined;
}

/** What a library says of itself where it loads and computes; else the reason is told. */
async function works(install: Install, onNote: InstallOptions['onNote']): Promise<ProbeResult | undefined> {
  try {
    return await probe(install);
  } catch (error) {
    onNote?.(`${install.folder}: ${(error as Error).message}`);
    return undefined;
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
    keepFromOthers(folder);
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
async function installWheel(cache: string, version: string, machine: Machine, options: InstallOptions): Promise<void> {
  const { gpu = false, onNote, onProgress, allowHttp = false } = options;
  const downloads = join(cache, '.downloads');
  const target = join(cache, gpu ? `${version}-gpu` : version);
  const wheels = await findWheels(version, machine, { gpu, allowHttp });
  const what = gpu ? describeDownloads(wheels, cache, downloads) : wheels[0]!.name;
  const staging = join(cache, '.staging');
  rmSync(staging, { recursive: true, force: true }); // of a process that was killed
  mkdirSync(downloads, { recursive: true, mode: FOLDER_MODE });
  mkdirSync(staging, { recursive: true, mode: FOLDER_MODE });
  try {
    // The small parts first: where npm or the compiler is missing, nothing large has been downloaded.
    onNote?.('getting the binding’s sources from npm');
    const sources = join(staging, 'sources');
    await unpackNpmPackage(NPM_PACKAGES['tfjs-node'], join(sources, 'tfjs-node'));
    await unpackNpmPackage(NPM_PACKAGES['node-api-headers'], join(sources, 'node'));
    await findCompiler();
    onNote?.(`downloading ${what}`);
    await downloadAll(wheels, downloads, { onProgress, allowHttp });
    onNote?.('unpacking the library and compiling the binding');
    for (const wheel of wheels) await extractWheel(archiveOf(wheel, downloads), staging, wheel.contents);
    if (gpu) linkCudaLibraries(join(staging, 'nvidia'));
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
      if (existsSync(join(staging, 'lib', name))) continue;
      throw new NativeError(`native install: ${wheels[0]!.name} holds no ${name}`);
    }
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
      wheel: wheels[0]!.name,
      sha256: wheels[0]!.sha256,
      ...(gpu && { gpu, cuda: wheels.slice(1).map(({ name }) => name) }),
    };
    writeManifest(staging, manifest);
    keepFromOthers(staging);
    rmSync(target, { recursive: true, force: true }); // one that did not load
    renameSync(staging, target);
    rmSync(downloads, { recursive: true, force: true });
    onNote?.(`TensorFlow ${tensorflow} is installed in ${target}`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function findWheels(
  version: string,
  machine: Machine,
  { gpu, allowHttp }: { readonly gpu: boolean; readonly allowHttp: boolean },
): Promise<readonly InstallWheel[]> {
  const index = pythonIndex();
  if (gpu) return findGpuWheels(index, version, machine, { allowHttp });
  const wheel = await findWheel(index, 'tensorflow-cpu', version, machine, { allowHttp });
  return [{ ...wheel, contents: tensorflowContents }];
}

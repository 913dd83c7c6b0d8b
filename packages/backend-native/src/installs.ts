import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { cacheFolder, lockFile } from './cache-folder.ts';
import { withLock } from './lock.ts';
import { atLeast } from './machine.ts';
import { NativeError } from './native-error.ts';
import { whyNoCard } from './nvidia-card.ts';
import { DEFAULT_VERSION } from './sources.ts';
import { whyUntrusted } from './trusted-files.ts';

/** A native library that is there. */
export interface Install {
  /** `cache`: put there by {@link install}; `project`: a tfjs-node beside this package, or that `MEDSEG_TFJS_NODE` names. */
  readonly where: 'cache' | 'project';
  /** Version of TensorFlow; of tfjs-node where the project's is taken. */
  readonly version: string;
  /** Where its files lie. */
  readonly folder: string;
  /** The compiled binding. */
  readonly binding: string;
  /** tfjs-node's scripts, `dist/`. */
  readonly scripts: string;
  /** What it was made of, in words. */
  readonly source: string;
  /** Version of our operations in its binding; of a project's there are none. */
  readonly operations?: string;
  /** Whether it is built for graphics cards; without one it computes on the processor. */
  readonly gpu: boolean;
  /** Why it is not loaded: others than the user and root may have written to it. Absent where it may be. */
  readonly untrusted?: string;
}

/** What is written beside the library when everything else is in place. */
export interface Manifest {
  readonly tensorflow: string;
  readonly tfjsNode: string;
  readonly operations?: string;
  readonly source: string;
  readonly wheel?: string;
  readonly sha256?: string;
  /** Of an install for graphics cards. */
  readonly gpu?: true;
  /** Its wheels of CUDA. */
  readonly cuda?: readonly string[];
  /** Of a stock install, within its folder: where it differs from ours. */
  readonly binding?: string;
  readonly scripts?: string;
}

/**
 * Every install of the cache: first those for graphics cards where there is a card, else those for the processor; among
 * them the default version, then the newest.
 */
export function cachedInstalls(cache: string = cacheFolder(), card: boolean = whyNoCard() === undefined): Install[] {
  if (!existsSync(cache)) return [];
  return readdirSync(cache, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => {
      const folder = join(cache, name);
      const manifest = readManifest(folder);
      if (!manifest) return [];
      const binding = join(folder, manifest.binding ?? 'tfjs_binding.node');
      const scripts = join(folder, manifest.scripts ?? join('tfjs-node', 'dist'));
      const untrusted = whyUntrusted(folder, cache) ?? whyOutside(folder, [binding, scripts]);
      const { tensorflow: version, source, operations, gpu = false } = manifest;
      const where = 'cache' as const;
      const found = { where, version, folder, binding, scripts, source, gpu, ...(operations && { operations }) };
      return [{ ...found, ...(untrusted !== undefined && { untrusted }) }];
    })
    .sort(
      (a, b) =>
        Number(b.gpu === card) - Number(a.gpu === card) ||
        Number(b.version === DEFAULT_VERSION) - Number(a.version === DEFAULT_VERSION) ||
        newestFirst(a, b),
    );
}

function newestFirst(a: Install, b: Install): number {
  return atLeast(a.version, b.version) ? -1 : 1;
}

function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'manifest.json');
  try {
    if (!statSync(file).isFile()) return undefined;
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    const isRight = /^\d+(\.\d+)*$/.test(manifest.tensorflow) && typeof manifest.source === 'string';
    const paths = [manifest.binding, manifest.scripts].every((path) => path === undefined || typeof path === 'string');
    return isRight && paths ? manifest : undefined;
  } catch {
    return undefined; // another folder of the cache
  }
}

/** What a manifest names must be in its folder. */
function whyOutside(folder: string, paths: readonly string[]): string | undefined {
  const outside = paths.find((path) => /^\.\.|^$/.test(relative(folder, path)));
  return outside === undefined ? undefined : `its manifest leads out of the folder, to ${outside}, so it is not loaded`;
}

const PROJECT_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * A tfjs-node whose own installer has brought the library: the one whose folder `MEDSEG_TFJS_NODE` names, else one that
 * is installed where this package is. The working directory is not looked at: whoever can put files there would decide
 * what runs. Throws NativeError where `MEDSEG_TFJS_NODE` names none.
 */
export function projectInstall({
  set = process.env.MEDSEG_TFJS_NODE,
  from = import.meta.url,
}: {
  /** Absolute path of a folder of tfjs-node. Default: what MEDSEG_TFJS_NODE says. */
  set?: string | undefined;
  /** File from which tfjs-node is looked for as a package. Default: this one. */
  from?: string;
} = {}): Install | undefined {
  if (set) {
    const found = isAbsolute(set) ? tfjsNodeIn(set) : undefined;
    if (found) return found;
    throw new NativeError(
      `MEDSEG_TFJS_NODE: must be the absolute path of a tfjs-node with its library, such as /opt/app/node_modules/@tensorflow/tfjs-node, got ${set}`,
    );
  }
  const require = createRequire(from);
  for (const name of PROJECT_PACKAGES) {
    let file: string;
    try {
      file = require.resolve(`${name}/package.json`);
    } catch {
      continue; // not a package of the project
    }
    const found = tfjsNodeIn(dirname(file));
    if (found) return found;
  }
  return undefined;
}

/** The tfjs-node in a folder; undefined where there is none, its installer was not run, or failed. */
function tfjsNodeIn(folder: string): Install | undefined {
  const binding = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
  const file = join(folder, 'package.json');
  if (!existsSync(binding) || !existsSync(file)) return undefined;
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
  if (!PROJECT_PACKAGES.includes(name)) return undefined;
  const untrusted = whyUntrusted(realpathSync(folder));
  const found = { where: 'project', version, folder, binding, scripts: join(folder, 'dist'), source: name } as const;
  return { ...found, gpu: name.endsWith('-gpu'), ...(untrusted !== undefined && { untrusted }) };
}

/** The native library that {@link register} uses: from the cache, else from the project; undefined if there is none. */
export function findInstall({
  version,
}: {
  /** Version of TensorFlow, where the cache holds several. Default: {@link DEFAULT_VERSION}, else the newest. */
  version?: string;
} = {}): Install | undefined {
  const cached = cachedInstalls().find((install) => version === undefined || install.version === version);
  return cached ?? (version === undefined ? projectInstall() : undefined);
}

/** Deletes everything that {@link install} has put into the cache, and returns the folder that it was. */
export async function removeInstalls(cache: string = cacheFolder()): Promise<string> {
  await withLock(lockFile(cache), async () => rmSync(cache, { recursive: true, force: true }));
  return cache;
}

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder, lockFile } from './cache-folder.ts';
import { withLock } from './lock.ts';
import { atLeast } from './machine.ts';
import { whyNoCard } from './nvidia-card.ts';
import { DEFAULT_VERSION } from './sources.ts';

/** A native library that is there. */
export interface Install {
  /** `cache`: put there by {@link install}; `project`: a tfjs-node that the project has, with its library. */
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
      const { tensorflow: version, source, operations, gpu = false } = manifest;
      const where = 'cache' as const;
      return [{ where, version, folder, binding, scripts, source, gpu, ...(operations && { operations }) }];
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
  try {
    return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  } catch {
    return undefined; // another folder of the cache
  }
}

/** The tfjs-node of the project in a folder, where its own installer has brought the library. */
export function projectInstall(from: string = process.cwd()): Install | undefined {
  const require = createRequire(join(from, 'package.json'));
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    let file: string;
    try {
      file = require.resolve(`${name}/package.json`);
    } catch {
      continue; // not a package of the project
    }
    const folder = dirname(file);
    const binding = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
    if (!existsSync(binding)) continue; // its installer was not run, or failed
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    const gpu = name.endsWith('-gpu');
    return { where: 'project', version, folder, binding, scripts: join(folder, 'dist'), source: name, gpu };
  }
  return undefined;
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

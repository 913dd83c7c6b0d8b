import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The user's cache of native libraries: `$XDG_CACHE_HOME/medseg/native`, else `~/.cache/medseg/native`. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'medseg', 'native');
}

/** Held by the process that installs or removes. */
export function lockFile(cache: string = cacheFolder()): string {
  return `${cache}.lock`;
}

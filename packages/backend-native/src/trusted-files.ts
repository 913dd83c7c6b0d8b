import { chmodSync, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Write permission of the group and of everybody. */
const OTHERS = 0o022;

/**
 * Why what is in a folder must not be loaded as code, in one line with the command that mends it: a file or folder in it,
 * or a folder on the way to it from `root`, belongs to somebody else than the user or root, or others may write to it.
 * Undefined where it may be loaded. Links are followed, and the folder that holds their target counts, too. Windows has
 * no such modes: there the access control list of the user's profile has to keep others out, and nothing is checked.
 *
 * @example whyUntrusted('/home/me/.cache/medseg/native/2.15.1', '/home/me/.cache/medseg/native') // undefined
 */
export function whyUntrusted(folder: string, root: string = folder): string | undefined {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  try {
    const seen = new Set<string>();
    for (const place of foldersBetween(root, folder)) {
      const fault = faultOf(place, statSync(place), user, root);
      if (fault !== undefined) return fault;
    }
    return faultWithin(folder, { user, root, seen });
  } catch (error) {
    return `it cannot be checked who may write to it: ${(error as Error).message}`;
  }
}

/** {@link whyUntrusted} of a folder alone, whatever is in it. */
export function whyUntrustedFolder(folder: string): string | undefined {
  const user = process.getuid?.();
  return user === undefined ? undefined : faultOf(folder, statSync(folder), user, folder);
}

interface Walk {
  readonly user: number;
  readonly root: string;
  readonly seen: Set<string>;
}

function faultWithin(folder: string, walk: Walk): string | undefined {
  const real = realpathSync(folder);
  if (walk.seen.has(real)) return undefined;
  walk.seen.add(real);
  for (const { name } of readdirSync(real, { withFileTypes: true })) {
    const path = join(folder, name);
    const own = lstatSync(path);
    const fault = own.isSymbolicLink() ? faultOfLink(path, own, walk) : faultOf(path, own, walk.user, walk.root);
    if (fault !== undefined) return fault;
    const found = own.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : own;
    const within = found?.isDirectory() ? faultWithin(path, walk) : undefined;
    if (within !== undefined) return within;
  }
  return undefined;
}

/** The mode of a link says nothing: its owner does, and what it leads to. One that leads nowhere loads nothing. */
function faultOfLink(path: string, own: Stats, { user, root }: Walk): string | undefined {
  if (own.uid !== user && own.uid !== 0) return notOwned(path, own.uid, user, root);
  const target = statSync(path, { throwIfNoEntry: false });
  if (target === undefined) return undefined;
  const real = realpathSync(path);
  return faultOf(real, target, user, real) ?? faultOf(dirname(real), statSync(dirname(real)), user, dirname(real));
}

function faultOf(path: string, { uid, mode }: Stats, user: number, root: string): string | undefined {
  if (uid !== user && uid !== 0) return notOwned(path, uid, user, root);
  if ((mode & OTHERS) === 0) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return `others may write to ${path} (mode ${octal}), so it is not loaded; if nobody has changed it: chmod -R go-w ${quoted(root)}`;
}

function notOwned(path: string, owner: number, user: number, root: string): string {
  return `${path} belongs to user ${owner}, so it is not loaded; it must belong to you or to root: chown -R ${user} ${quoted(root)}`;
}

/** From one folder down to another that is in it, both among them. */
function foldersBetween(root: string, folder: string): string[] {
  const names = relative(root, folder).split(sep).filter(Boolean);
  return [root, ...names.map((_, i) => join(root, ...names.slice(0, i + 1)))];
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Takes from others the right to write to what is in a folder, which the user's umask may have given to them. */
export function keepFromOthers(folder: string): void {
  if (process.getuid === undefined) return;
  chmodSync(folder, lstatSync(folder).mode & ~OTHERS & 0o7777);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) keepFromOthers(path);
    else if (entry.isFile()) chmodSync(path, lstatSync(path).mode & ~OTHERS & 0o7777);
  }
}

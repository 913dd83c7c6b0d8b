import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NativeError } from './native-error.ts';
import { unpackNpmPackage } from './npm-package.ts';
import { causeOf } from './python-index.ts';
import { requireSecure, type Security } from './secure-fetch.ts';
import { NPM_PACKAGES } from './sources.ts';

const run = promisify(execFile);

/** Milliseconds for the store to answer: networks that are closed to it often answer nothing at all. */
const PATIENCE = 5_000;
/** Milliseconds for tfjs-node's own installer, which downloads 100 MB and more. */
const INSTALLER = 15 * 60_000;

/** Where tfjs-node is in the folder into which {@link installStock} puts it. */
export const STOCK_PACKAGE: string = join('node_modules', '@tensorflow', 'tfjs-node');

/**
 * Puts tfjs-node into a folder and lets its own installer bring library and binding from its store. Throws NativeError
 * where the store does not answer soon, or the installer fails.
 */
export async function installStock(
  folder: string,
  { onNote, ...security }: Security & { onNote?: (line: string) => void } = {},
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const store = await storeOf(join(folder, '.package'));
  requireSecure(store, security);
  await requireAnswer(store);
  onNote?.(`tfjs-node’s own installer downloads from ${store.host}`);
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const args = ['install', NPM_PACKAGES['tfjs-node'].specifier, '--no-save', '--no-audit', '--no-fund'];
  const options = { cwd: folder, timeout: INSTALLER, shell: process.platform === 'win32', maxBuffer: 1 << 26 };
  await run('npm', args, options).catch((error: Error & { stderr?: string; killed?: boolean }) => {
    const lines = (error.stderr ?? '').split('\n').map((line) => line.replace(/^npm (?:error|ERR!)\s*/, '').trim());
    const reason = error.killed
      ? 'it took too long'
      : (lines.find((line) => /error|failed/i.test(line)) ?? 'npm failed');
    throw new NativeError(`native install: tfjs-node’s own installer failed: ${reason}`);
  });
}

/** The address from which tfjs-node's installer downloads: it stands in its script, and may be set by a variable. */
async function storeOf(folder: string): Promise<URL> {
  const set = process.env.TFJS_NODE_CDN_STORAGE ?? process.env.CDN_STORAGE;
  if (set) return new URL(set);
  await unpackNpmPackage(NPM_PACKAGES['tfjs-node'], folder);
  const script = readFileSync(join(folder, 'scripts', 'install.js'), 'utf8');
  const address = /BASE_HOST = [^;]*'(https:[^']+)'/.exec(script)?.[1];
  if (!address) throw new NativeError('native install: tfjs-node’s installer names no store');
  return new URL(address);
}

async function requireAnswer(store: URL): Promise<void> {
  try {
    const response = await fetch(store, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE) });
    await response.body?.cancel();
  } catch (error) {
    throw new NativeError(
      `native install: the store of tfjs-node at ${store.host} cannot be reached within ${PATIENCE / 1000} s (${causeOf(error)})`,
    );
  }
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { parseTarGzip } from 'nanotar';
import { NativeError } from './native-error.ts';

const run = promisify(execFile);

/**
 * Unpacks a package of npm's registry, as the user's npm is configured (registry, proxy, certificates), without
 * running anything of it. Throws NativeError where npm cannot get it or its integrity differs.
 */
export async function unpackNpmPackage(
  { specifier, integrity }: { readonly specifier: string; readonly integrity: string },
  folder: string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const download = mkdtempSync(join(folder, '.download-'));
  try {
    const args = ['pack', specifier, '--ignore-scripts', '--silent'];
    await run('npm', args, { cwd: download, shell: process.platform === 'win32' }).catch((error: Error) => {
      throw new NativeError(`native install: npm could not download ${specifier} (${lastLine(error)})`);
    });
    const archive = readFileSync(join(download, readdirSync(download).find((name) => name.endsWith('.tgz'))!));
    const [algorithm, expected] = integrity.split(/-(.*)/s) as [string, string];
    const found = createHash(algorithm).update(archive).digest('base64');
    if (found !== expected) {
      throw new NativeError(`native install: ${specifier} has integrity ${algorithm}-${found}, expected ${integrity}`);
    }
    for (const { name, type, data } of await parseTarGzip(archive)) {
      const inside = normalize(name).replace(/^[^/\\]+[/\\]/, ''); // without npm's folder "package"
      if (type === 'directory' || data === undefined || inside.startsWith('..')) continue;
      const file = join(folder, inside);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
    }
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
}

function lastLine(error: Error & { code?: string | number; stderr?: string }): string {
  if (error.code === 'ENOENT') return 'the command npm is not there';
  const lines = (error.stderr ?? '').split('\n').filter((line) => /\S/.test(line) && !/A complete log/.test(line));
  return lines.at(-1)?.replace(/^npm (?:error|ERR!)\s*/, '') ?? `exit code ${error.code}`;
}

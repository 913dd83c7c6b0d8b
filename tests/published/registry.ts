import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** What is used of a package.json. */
export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports?: Record<string, unknown>;
}

/** Every package of this repository that is published. */
export function publishedPackages(): { folder: string; manifest: Manifest }[] {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest }))
    .filter(({ manifest }) => !manifest.private);
}

export interface Registry {
  url: string;
  server: Server;
  /** By the names of the packages. */
  integrities: Record<string, string>;
}

/**
 * Packs every published package as a release would, and serves the packages as an npm registry does, on a free port of
 * 127.0.0.1. `npm publish` is left out, because a release needs the address of the project.
 */
export async function startRegistry(tarballs: string): Promise<Registry> {
  const filters = publishedPackages().flatMap(({ manifest }) => ['--filter', manifest.name]);
  const pnpm = join(root, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
  const packed = spawnSync(process.execPath, [pnpm, '-r', ...filters, 'pack', '--pack-destination', tarballs], {
    cwd: root,
    encoding: 'utf8',
  });
  if (packed.status !== 0) throw new Error(`pnpm pack failed:\n${packed.stdout}${packed.stderr}`);
  const versions = readdirSync(tarballs).map((file) => {
    const bytes = readFileSync(join(tarballs, file));
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    return { file, bytes, integrity, manifest: manifestIn(bytes) };
  });
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1));
    const found = versions.find(({ file, manifest }) => file === path || manifest.name === path);
    if (!found) return response.writeHead(404).end('{}');
    const { file, bytes, integrity, manifest } = found;
    if (file === path) return response.end(bytes);
    const { version } = manifest;
    const dist = { tarball: `${url()}${file}`, integrity };
    const versionsOf = { [version]: { ...manifest, dist } };
    // Another run may have the same port, and npm keeps what it is told.
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ name: path, 'dist-tags': { latest: version }, versions: versionsOf }));
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    server,
    integrities: Object.fromEntries(versions.map(({ manifest, integrity }) => [manifest.name, integrity])),
  };
}

/** The package.json inside of a tarball, with which a registry describes a version. */
function manifestIn(tarball: Uint8Array): Manifest {
  const { status, stdout, stderr } = spawnSync('tar', ['-xzOf', '-', 'package/package.json'], { input: tarball });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  return JSON.parse(stdout.toString()) as Manifest;
}

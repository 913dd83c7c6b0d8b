import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { crc32 } from 'node:zlib';

/** A zip file of files that are stored as they are. */
function zip(files: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of files) {
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0); // version
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const entry = Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), shared, Buffer.alloc(14)]);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
    const local = [Buffer.from('PK\u0003\u0004', 'latin1'), shared, Buffer.from(name), data];
    parts.push(...local);
    offset += 30 + name.length + data.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, index, end]);
}

/** A wheel with an install's headers, and in the place of its libraries what is given. */
export function wheelOf(installed: string, library: (name: string) => Buffer): Buffer {
  const files = new Map<string, Buffer>();
  const include = join(installed, 'include');
  for (const entry of readdirSync(include, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`tensorflow/include/${relative(include, file)}`, readFileSync(file));
  }
  for (const name of ['cc', 'framework']) {
    files.set(`tensorflow/libtensorflow_${name}.so.2`, library(`libtensorflow_${name}.so.2`));
  }
  return zip(files);
}

/** A Python index on this machine that has one wheel. */
export interface Index {
  readonly address: string;
  readonly sha256: string;
  /** The ranges that were asked for, one a download. */
  readonly downloads: (string | undefined)[];
  /** Bytes after which the next downloads are cut off, in their order. */
  readonly cuts: number[];
  /** Milliseconds that a download takes. */
  delay: number;
  /** The sum that the index gives, where it is not the wheel's. */
  told: string | undefined;
  close(): void;
}

export async function serveWheel(name: string, wheel: Buffer): Promise<Index> {
  const downloads: (string | undefined)[] = [];
  const cuts: number[] = [];
  const sha256 = createHash('sha256').update(wheel).digest('hex');
  const server: Server = createServer((request, response) => {
    if (!request.url!.startsWith('/files/')) {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<a href="/files/${name}#sha256=${index.told ?? sha256}">${name}</a>`);
      return;
    }
    downloads.push(request.headers.range);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= wheel.length) return void response.writeHead(416).end();
    const rest = wheel.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    const cut = cuts.shift();
    if (cut === undefined) setTimeout(() => response.end(rest), index.delay);
    else response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), cut > 0 ? 500 : 0));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const index: Index = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    sha256,
    downloads,
    cuts,
    delay: 0,
    told: undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return index;
}

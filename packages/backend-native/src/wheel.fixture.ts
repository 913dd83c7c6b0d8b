import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { crc32 } from 'node:zlib';

/** A file of a wheel. */
interface Packed {
  readonly data: Buffer;
  /** Of Unix, as 0o755. */
  readonly mode?: number;
  /** The size that the list of contents gives, where it is not that of the data. */
  readonly claimed?: number;
}

/** A zip file of files that are stored as they are, with a list of contents in the form for large files. */
function zip(files: ReadonlyMap<string, Buffer | Packed>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, file] of files) {
    const { data, mode = 0o644, claimed = data.length } = Buffer.isBuffer(file) ? { data: file } : file;
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(45, 0); // version
    if (claimed !== data.length) shared.writeUInt16LE(8, 4); // of stored files the sizes would have to agree
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = [Buffer.from('PK\u0003\u0004', 'latin1'), shared, Buffer.from(name), data];
    parts.push(...local);
    const listed = Buffer.from(shared);
    listed.writeUInt32LE(0xffffffff, 18); // the size stands in the extra field
    listed.writeUInt16LE(12, 24);
    const entry = Buffer.concat([Buffer.from('PK\u0001\u0002\u002d\u0003', 'latin1'), listed, Buffer.alloc(14)]);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    const extra = Buffer.alloc(12);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(claimed), 4);
    directory.push(entry, Buffer.from(name), extra);
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

/** A wheel with an install's headers, in the place of its libraries what is given, and what it says that it requires. */
export function wheelOf(
  installed: string,
  library: (name: string) => Buffer,
  requirements: readonly string[] = [],
): Buffer {
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
  files.set('tensorflow-9.9.9.dist-info/METADATA', metadataOf(requirements));
  return zip(files);
}

function metadataOf(requirements: readonly string[]): Buffer {
  const lines = ['Metadata-Version: 2.1', ...requirements.map((line) => `Requires-Dist: ${line}`)];
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** A wheel of TensorFlow that holds nothing but what it requires. */
export function emptyWheel(requirements: readonly string[]): Buffer {
  return zip(new Map([['tensorflow-9.9.9.dist-info/METADATA', metadataOf(requirements)]]));
}

/** A wheel of CUDA, as `nvidia_cublas_cu12`, with a library of one name, its header and a licence. */
export function cudaWheel(project: string, library: string, { claimed }: { claimed?: number } = {}): Buffer {
  const folder = `nvidia/${/^nvidia_(\w+)_cu\d+$/.exec(project)![1]}`;
  const data = Buffer.from(`library ${library}`);
  return zip(
    new Map<string, Buffer | Packed>([
      [`${folder}/__init__.py`, Buffer.alloc(0)],
      [`${folder}/include/header.h`, Buffer.from('int f();')],
      [`${folder}/lib/${library}`, claimed === undefined ? data : { data, claimed }],
      [`${folder}/lib/libstatic.a`, Buffer.from('archive')],
      [`${folder}/bin/ptxas`, { data: Buffer.from('#!/bin/sh\n'), mode: 0o755 }],
      [`${project}-1.2.3.dist-info/License.txt`, Buffer.from('licence')],
    ]),
  );
}

/** A Python index on this machine. */
export interface Index {
  readonly address: string;
  /** The names of what was downloaded, one a download. */
  readonly files: string[];
  /** The ranges that were asked for, one a download. */
  readonly downloads: (string | undefined)[];
  /** Bytes after which the next downloads are cut off, in their order. */
  readonly cuts: number[];
  /** Milliseconds that a download takes. */
  delay: number;
  /** The sum that the index gives, where it is not the wheel's. */
  told: string | undefined;
  /** The wheels that this is told of. */
  toldOf: RegExp;
  /** Whether it sends parts of files. */
  ranges: boolean;
  close(): void;
}

export function serveWheel(name: string, wheel: Buffer): Promise<Index> {
  return serveWheels(new Map([[name, wheel]]));
}

export async function serveWheels(wheels: ReadonlyMap<string, Buffer>): Promise<Index> {
  const files: string[] = [];
  const downloads: (string | undefined)[] = [];
  const cuts: number[] = [];
  const page = (project: string | undefined): string =>
    [...wheels]
      .filter(([name]) => name.split('-', 1)[0] === project?.replaceAll('-', '_'))
      .map(([name, wheel]) => {
        const sum = createHash('sha256').update(wheel).digest('hex');
        const told = index.toldOf.test(name) ? index.told : undefined;
        return `<a href="/files/${name}#sha256=${told ?? sum}">${name}</a>`;
      })
      .join('\n');
  const server: Server = createServer((request, response) => {
    const name = /^\/files\/(.*)$/.exec(request.url!)?.[1];
    const wheel = name === undefined ? undefined : wheels.get(name);
    if (wheel === undefined) {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(page(/^\/simple\/(.+)\/$/.exec(request.url!)?.[1]));
      return;
    }
    const [, first, last] = (index.ranges && /bytes=(\d*)-(\d*)/.exec(request.headers.range ?? '')) || [];
    if (last) {
      // A look at what the wheel contains: its end, or a part of its middle.
      const from = first ? Number(first) : Math.max(0, wheel.length - Number(last));
      const part = wheel.subarray(from, first ? Number(last) + 1 : undefined);
      const range = `bytes ${from}-${from + part.length - 1}/${wheel.length}`;
      response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part);
      return;
    }
    files.push(name!);
    downloads.push(request.headers.range);
    const from = Number(first ?? 0);
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
    files,
    downloads,
    cuts,
    delay: 0,
    told: undefined,
    toldOf: /./,
    ranges: true,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return index;
}

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download } from './download.ts';

const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'medseg-download-'));
const file = join(folder, 'file');
const here = { allowHttp: true };
let server: Server;
let address: string;
let ranges: (string | undefined)[];
/** Bytes of each answer before the connection is cut. */
let cuts: number[];

beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    if (request.url === '/missing') return void response.writeHead(404).end();
    if (request.url === '/silent') return;
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length) return void response.writeHead(416).end();
    const body = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length });
    const cut = cuts.shift();
    if (cut === undefined) return void response.end(body);
    // Cut off once something of it has been written: what is still on its way is lost with the connection.
    const cutOff = (): void => {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > from) response.destroy();
      else setTimeout(cutOff, 5);
    };
    response.write(body.subarray(0, cut), cutOff);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  ranges = [];
  cuts = [];
  rmSync(file, { force: true });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('download', () => {
  it('brings a file and says how far it is', async () => {
    const seen: [number, number][] = [];
    await download(`${address}/file`, file, sha256, { ...here, onProgress: (...at) => seen.push(at) });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
  });

  it('goes on where a lost connection ended', async () => {
    cuts = [100_000, 50_000];
    await download(`${address}/file`, file, sha256, here);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(ranges).toHaveLength(3);
    expect(Number(/\d+/.exec(ranges[2]!)![0])).toBeGreaterThan(Number(/\d+/.exec(ranges[1]!)![0]));
  });

  it('keeps half a file for the next time', async () => {
    cuts = [100_000];
    await expect(download(`${address}/file`, file, sha256, { ...here, retries: 0 })).rejects.toThrow(
      /broke off after \d+ bytes .*; the next install goes on from there/,
    );
    const half = statSync(file).size;
    expect(half).toBeGreaterThan(0);
    await download(`${address}/file`, file, sha256, { ...here, retries: 0 });
    expect(ranges.at(-1)).toBe(`bytes=${half}-`);
    expect(readFileSync(file).equals(content)).toBe(true);
    await download(`${address}/file`, file, sha256, here); // whole already
  });

  it('deletes a file whose sum is wrong', async () => {
    await expect(download(`${address}/file`, file, '0'.repeat(64), here)).rejects.toThrow(
      `file has SHA-256 ${sha256}, expected ${'0'.repeat(64)}; it was deleted`,
    );
    expect(existsSync(file)).toBe(false);
  });

  it('says what the server answers, and gives a silent one up', async () => {
    await expect(download(`${address}/missing`, file, sha256, here)).rejects.toThrow(/answers 404/);
    expect(ranges).toHaveLength(1);
    await expect(download(`${address}/silent`, file, sha256, { ...here, stall: 50, retries: 1 })).rejects.toThrow(
      /broke off after 0 bytes \(no answer\)/,
    );
  });
});

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { NativeError } from './native-error.ts';
import { causeOf } from './python-index.ts';
import { type Security, secureFetch } from './secure-fetch.ts';

export interface DownloadOptions extends Security {
  /** Bytes so far and in all; the total is 0 where the server does not say it. */
  readonly onProgress?: (received: number, total: number) => void;
  /** Milliseconds without a byte after which the connection counts as lost. */
  readonly stall?: number;
  /** How often a lost connection is made anew. */
  readonly retries?: number;
}

/**
 * Downloads into a file, going on where an earlier try ended, and checks its SHA-256. Throws NativeError where the
 * server cannot be reached (what has come stays, to go on from) or the sum is wrong (the file is deleted).
 */
export async function download(
  url: string,
  file: string,
  sha256: string,
  { onProgress, stall = 60_000, retries = 2, ...security }: DownloadOptions = {},
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetchRest(url, file, { stall, onProgress, ...security });
      break;
    } catch (error) {
      if (error instanceof NativeError) throw error;
      if ((error as NodeJS.ErrnoException).syscall === 'write') throw error; // a full disk
      if (attempt >= retries) {
        throw new NativeError(
          `native install: the download from ${new URL(url).host} broke off after ${sizeOf(file)} bytes (${causeOf(error)}); the next install goes on from there`,
        );
      }
    }
  }
  const found = await sha256Of(file);
  if (found !== sha256) {
    rmSync(file, { force: true });
    throw new NativeError(
      `native install: ${new URL(url).pathname.split('/').at(-1)} has SHA-256 ${found}, expected ${sha256}; it was deleted`,
    );
  }
}

async function fetchRest(
  url: string,
  file: string,
  {
    stall,
    onProgress,
    ...security
  }: Security & { readonly stall: number; readonly onProgress: DownloadOptions['onProgress'] | undefined },
): Promise<void> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no answer')), stall);
  try {
    const have = sizeOf(file);
    const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
    const response = await secureFetch(url, { signal: abort.signal, headers }, security);
    if (response.status === 416) {
      // The file is whole already, or of another length than the server's: its sum tells which.
      await response.body?.cancel();
      return;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new NativeError(`native install: ${new URL(url).host} answers ${response.status} for ${url}`);
    }
    const resumed = response.status === 206;
    let received = resumed ? have : 0;
    const length = Number(response.headers.get('content-length') ?? 0);
    const total = length === 0 ? 0 : received + length;
    const out = createWriteStream(file, { flags: resumed ? 'a' : 'w' });
    // A write may still be under way when the connection is lost; until it has landed the file's size is not known.
    const closed = new Promise<void>((resolve) => out.once('close', resolve));
    await pipeline(
      Readable.fromWeb(response.body as WebStream),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          clearTimeout(timer);
          timer = setTimeout(() => abort.abort(new Error('no bytes for a while')), stall);
          received += chunk.length;
          onProgress?.(received, total);
          yield chunk;
        }
      },
      out,
    ).finally(() => closed);
  } finally {
    clearTimeout(timer);
  }
}

/** Size of a file in bytes; 0 if it does not exist. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

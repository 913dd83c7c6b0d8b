import { Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, openPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { NativeError } from './native-error.ts';
import { causeOf } from './python-index.ts';
import { type Security, secureFetch } from './secure-fetch.ts';

const OPTIONS = { lazyEntries: true, autoClose: false };

/** Opens a zip file of the disk; the caller closes it. Throws NativeError where it is none. */
export async function openZip(file: string): Promise<ZipFile> {
  return openPromise(file, OPTIONS).catch((error: Error) => {
    throw new NativeError(`native install: ${file} cannot be unpacked: ${error.message}`);
  });
}

/** As much of a zip file's end as holds the list of what it contains, for the largest wheels of TensorFlow. */
const TAIL = 4_000_000;

/**
 * Opens a zip file that lies on a server: its list comes with one request, each of its files with another. Throws
 * NativeError where the server cannot be reached or only sends whole files.
 */
export async function openRemoteZip(url: string, security: Security = {}): Promise<ZipFile> {
  const response = await fetchRange(url, `-${TAIL}`, security);
  const size = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
  const file = new RemoteFile(url, security, size, await bytesOf(response, url));
  return fromRandomAccessReaderPromise(file, size, OPTIONS).catch((error: Error) => {
    throw new NativeError(`native install: ${nameOf(url)} on ${new URL(url).host} cannot be read: ${error.message}`);
  });
}

class RemoteFile extends RandomAccessReader {
  constructor(
    private readonly url: string,
    private readonly security: Security,
    private readonly size: number,
    private readonly tail: Buffer,
  ) {
    super();
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const tailStart = this.size - this.tail.length;
    if (start >= tailStart) return Readable.from([this.tail.subarray(start - tailStart, end - tailStart)]);
    const { url, security } = this;
    return Readable.from(
      (async function* () {
        yield await bytesOf(await fetchRange(url, `${start}-${end - 1}`, security), url);
      })(),
    );
  }
}

async function fetchRange(url: string, range: string, security: Security): Promise<Response> {
  const headers = { 'accept-encoding': 'identity', range: `bytes=${range}` };
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await secureFetch(url, { headers, signal: AbortSignal.timeout(60_000) }, security);
  } catch (error) {
    if (error instanceof NativeError) throw error;
    throw new NativeError(`native install: ${host} cannot be reached (${causeOf(error)})`);
  }
  if (response.status === 206) return response;
  await response.body?.cancel();
  const fault = response.ok ? 'only sends whole files (no ranges)' : `answers ${response.status}`;
  throw new NativeError(`native install: ${host} ${fault} for ${url}`);
}

async function bytesOf(response: Response, url: string): Promise<Buffer> {
  try {
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new NativeError(`native install: ${new URL(url).host} broke off in ${nameOf(url)} (${causeOf(error)})`);
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.split('/').at(-1)!;
}

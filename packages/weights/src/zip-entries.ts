import { Inflate } from 'fflate';

interface Entry {
  readonly method: number;
  readonly stored: number;
  readonly size: number;
  readonly header: number;
}

/** The files of a zip archive, read on demand. */
export interface ZipEntries {
  readonly names: readonly string[];
  /** The bytes of one file, at most `limit`; refused where it is missing or larger. */
  read(name: string, limit: number): Uint8Array;
}

const MAX_ENTRIES = 100_000;

/**
 * The central directory of a zip archive, with its 64-bit form (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16). Stored
 * and deflated files; entries that overlap are refused, so that no archive unpacks to more than it holds.
 */
export function readZip(bytes: Uint8Array, refuse: (rule: string) => never): ZipEntries {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, offset, size } = findDirectory(view, refuse);
  if (count > MAX_ENTRIES) refuse(`it must have at most ${MAX_ENTRIES} files, got ${count}`);
  if (offset + size > bytes.length) refuse(`its directory must lie within its ${bytes.length} bytes, it is cut off`);
  const entries = new Map<string, Entry>();
  const text = new TextDecoder();
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) refuse('its directory must list its files');
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) refuse('its directory must lie within the file');
    const name = text.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (view.getUint16(at + 8, true) & 1) refuse(`${JSON.stringify(name)} must not be encrypted`);
    if (entries.has(name)) refuse(`${JSON.stringify(name)} must occur once in its directory`);
    entries.set(name, readEntry(view, at, at + 46 + nameLength, extraLength, refuse));
    at = next;
  }
  refuseOverlaps(entries, offset, refuse);
  return { names: [...entries.keys()], read: (name, limit) => readFile(bytes, view, name, entries, limit, refuse) };
}

function findDirectory(
  view: DataView,
  refuse: (rule: string) => never,
): { count: number; offset: number; size: number } {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const directory = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const wide = directory.count === 0xffff || directory.size === 0xffffffff || directory.offset === 0xffffffff;
    if (!wide || at < 20 || view.getUint32(at - 20, true) !== 0x07064b50) return directory;
    const far = Number(view.getBigUint64(at - 12, true));
    if (far + 56 > view.byteLength || view.getUint32(far, true) !== 0x06064b50) {
      refuse('its 64-bit directory must lie within the file');
    }
    return {
      count: Number(view.getBigUint64(far + 32, true)),
      size: Number(view.getBigUint64(far + 40, true)),
      offset: Number(view.getBigUint64(far + 48, true)),
    };
  }
  return refuse('its zip directory is missing: the file is cut off');
}

/** Sizes and place of a file; where they do not fit 32 bits they are in the extra field 1, in this order. */
function readEntry(
  view: DataView,
  at: number,
  extra: number,
  extraLength: number,
  refuse: (rule: string) => never,
): Entry {
  let size = view.getUint32(at + 24, true);
  let stored = view.getUint32(at + 20, true);
  let header = view.getUint32(at + 42, true);
  for (let field = extra; field + 4 <= extra + extraLength; ) {
    const end = field + 4 + view.getUint16(field + 2, true);
    if (end > extra + extraLength) refuse('extra fields of its directory must end where they say');
    if (view.getUint16(field, true) === 1) {
      let value = field + 4;
      const wide = (narrow: number): number => {
        if (narrow !== 0xffffffff || value + 8 > end) return narrow;
        value += 8;
        return Number(view.getBigUint64(value - 8, true));
      };
      size = wide(size);
      stored = wide(stored);
      header = wide(header);
    }
    field = end;
  }
  return { method: view.getUint16(at + 10, true), stored, size, header };
}

function refuseOverlaps(entries: ReadonlyMap<string, Entry>, directory: number, refuse: (rule: string) => never): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.header - b.header);
  sorted.forEach(([name, { header, stored }], i) => {
    const next = sorted[i + 1]?.[1].header ?? directory;
    if (header + 30 + stored > next) refuse(`${JSON.stringify(name)} must end before the next file begins`);
  });
}

function readFile(
  bytes: Uint8Array,
  view: DataView,
  name: string,
  entries: ReadonlyMap<string, Entry>,
  limit: number,
  refuse: (rule: string) => never,
): Uint8Array {
  const label = JSON.stringify(name.slice(0, 200));
  const entry = entries.get(name);
  if (entry === undefined) return refuse(`it must hold the file ${label}`);
  const { method, stored, size, header } = entry;
  if (header + 30 > bytes.length || view.getUint32(header, true) !== 0x04034b50) refuse(`${label} must have a header`);
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + stored > bytes.length) refuse(`${label} must end within the file`);
  if (size > limit) refuse(`${label} must have at most ${limit} bytes, it claims ${size}`);
  const data = bytes.subarray(start, start + stored);
  if (method === 0) {
    if (size !== stored) refuse(`${label} is stored, so both its sizes must be equal, got ${stored} and ${size}`);
    return data;
  }
  if (method !== 8) refuse(`${label} must be stored or deflated, got method ${method}`);
  return inflate(data, size, () => refuse(`${label} must unpack to the ${size} bytes that it claims`));
}

/** Unpacks in pieces, so that a file that unpacks to more than it claims is stopped early. */
function inflate(data: Uint8Array, size: number, refuse: () => never): Uint8Array {
  const result = new Uint8Array(size);
  let filled = 0;
  let done = false;
  const stream = new Inflate((chunk, final) => {
    if (filled + chunk.length > size) refuse();
    result.set(chunk, filled);
    filled += chunk.length;
    done = final;
  });
  try {
    for (let at = 0; at < data.length; at += 4096) {
      stream.push(data.subarray(at, at + 4096), at + 4096 >= data.length);
    }
  } catch {
    refuse();
  }
  if (!done || filled !== size) refuse();
  return result;
}

import { requireBytes, requireObject } from '@medseg/arguments';
import { FormatError } from './format-error.ts';
import { refuseStandIn } from './not-weights.ts';
import { DTYPES, dtypeOf, type NamedArray } from './safetensors-dtype.ts';

/** What a safetensors file holds. */
export interface Safetensors {
  /** The arrays by name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
  /** The texts of `__metadata__`; empty where there are none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The largest header that is read, as in the reference implementation: 100 MB. */
const MAX_HEADER = 100_000_000;
/** Far more than any network has. */
const MAX_ENTRIES = 65_536;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Writes arrays in the safetensors format (huggingface/safetensors, format description): 8 bytes of header length,
 * a JSON header padded with spaces to 8 bytes, the values one after the other, little-endian.
 * Throws RangeError where a shape does not fit its data.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  requireObject('encodeSafetensors: tensors', tensors, ['get', 'size']);
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  // The largest elements first, as the reference does: every array then starts on a multiple of its element size.
  const entries = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    if (name === '__metadata__') throw new RangeError('encodeSafetensors: __metadata__ is reserved, got it as a name');
    if (product(shape) !== data.length) {
      throw new RangeError(
        `encodeSafetensors: ${name} of shape [${shape}] needs ${product(shape)} values, got ${data.length}`,
      );
    }
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(text, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a whole safetensors file. Every array is a copy. Throws FormatError, naming `file`, where the header
 * is no header, an entry lies outside the data, or entries overlap or leave gaps (the format allows neither), and for a
 * Git LFS pointer or an HTML page.
 */
export function decodeSafetensors(bytes: Uint8Array, file?: string): Safetensors {
  requireBytes('decodeSafetensors', bytes);
  const refuse = (rule: string): never => {
    throw new FormatError(`not a valid safetensors file: ${rule}`, file);
  };
  refuseStandIn(bytes, file);
  if (bytes.length < 8) refuse(`it must hold 8 bytes of header length, got ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > Math.min(MAX_HEADER, bytes.length - 8)) {
    refuse(
      `its header of ${headerLength} bytes must fit in the ${bytes.length - 8} bytes that follow (at most ${MAX_HEADER})`,
    );
  }
  const names = countNames(bytes.subarray(8, 8 + headerLength));
  if (names > MAX_ENTRIES) refuse(`its header must have at most ${MAX_ENTRIES} entries, got ${names}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerLength)));
  } catch {
    refuse('its header must be JSON in UTF-8');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    refuse('its header must be a JSON object');
  if (Object.keys(header as object).length !== names) refuse('each name must occur once in its header');
  const { __metadata__: metadata = {}, ...described } = header as Record<string, unknown>;
  if (!isStringRecord(metadata)) refuse('__metadata__ must map strings to strings');

  const dataLength = bytes.length - 8 - headerLength;
  const entries = Object.entries(described).map(([name, value]) => readEntry(name, value, dataLength, refuse));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected) refuse(`${JSON.stringify(name)} must begin at byte ${expected} of the data, got ${begin}`);
    expected = end;
  }
  if (expected !== dataLength) refuse(`its arrays must cover all ${dataLength} bytes of data, they cover ${expected}`);

  const tensors = new Map<string, NamedArray>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const start = 8 + headerLength + begin;
    const copy = new Uint8Array(bytes.subarray(start, start + end - begin)); // a Buffer's own slice would not copy
    const { array, widen } = DTYPES[dtype]!;
    tensors.set(name, { shape, data: widen ? widen(new Uint16Array(copy.buffer)) : new array(copy.buffer) });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function readEntry(name: string, value: unknown, dataLength: number, refuse: (rule: string) => never): Entry {
  const label = JSON.stringify(name.slice(0, 200));
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    return refuse(
      `${label} must have one of the types ${Object.keys(DTYPES).join(', ')}, got ${JSON.stringify(dtype)}`,
    );
  }
  if (!isCounts(shape) || product(shape) > Number.MAX_SAFE_INTEGER) {
    return refuse(`the shape of ${label} must be a list of whole numbers, got ${JSON.stringify(shape)?.slice(0, 200)}`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    return refuse(`the offsets of ${label} must be two whole numbers, got ${JSON.stringify(offsets)?.slice(0, 200)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > dataLength) return refuse(`${label} must end within the ${dataLength} bytes of data, got ${end}`);
  const size = product(shape) * DTYPES[dtype]!.bytes;
  if (end - begin !== size)
    return refuse(`${label} of shape [${shape}] in ${dtype} needs ${size} bytes, got ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

/** Names at the top of a JSON object, those that stand twice counted twice. */
function countNames(json: Uint8Array): number {
  const [quote, backslash, open, close, colon] = [...'"\\{}:'].map((c) => c.charCodeAt(0));
  let depth = 0;
  let names = 0;
  let inside = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inside && byte === backslash) i++;
    else if (byte === quote) inside = !inside;
    else if (inside) continue;
    else if (byte === open) depth++;
    else if (byte === close) depth--;
    else if (byte === colon && depth === 1) names++;
  }
  return names;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isStringRecord(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((v) => typeof v === 'string')
  );
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

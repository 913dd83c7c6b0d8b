const table: Uint32Array = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** So the checksum stands in the metadata while it is computed. */
const BLANK = '00000000';
/** Where the checksum stands in the header of a safetensors file. */
const BEFORE = '"checksum":"';

/** Metadata in which {@link seal} finds room for a checksum. */
export const UNSEALED: { readonly checksum: string } = { checksum: BLANK };

/** Writes the checksum of a safetensors file, the CRC-32 of all its bytes, into its metadata, which must be {@link UNSEALED}. */
export function seal(bytes: Uint8Array): void {
  const at = placeOf(bytes, BLANK);
  bytes.set(new TextEncoder().encode(checksum(bytes, at)), at);
}

/** Whether a safetensors file is as it was sealed with a checksum. */
export function isIntact(bytes: Uint8Array, sealed: string): boolean {
  const at = sealed.length === BLANK.length ? placeOf(bytes, sealed) : -1;
  return at >= 0 && checksum(bytes, at) === sealed;
}

function placeOf(bytes: Uint8Array, text: string): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = new TextDecoder('latin1').decode(bytes.subarray(8, 8 + length)); // a character for each byte
  const at = header.indexOf(`${BEFORE}${text}"`);
  return at < 0 ? -1 : 8 + at + BEFORE.length;
}

/** With the checksum at `at` taken as blank. */
function checksum(bytes: Uint8Array, at: number): string {
  const after = at + BLANK.length;
  let c = crc(0xffffffff, bytes, 0, at);
  c = crc(c, new TextEncoder().encode(BLANK), 0, BLANK.length);
  c = crc(c, bytes, after, bytes.length);
  return ((c ^ 0xffffffff) >>> 0).toString(16).padStart(BLANK.length, '0');
}

function crc(from: number, bytes: Uint8Array, start: number, end: number): number {
  let c = from;
  for (let i = start; i < end; i++) c = table[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return c;
}

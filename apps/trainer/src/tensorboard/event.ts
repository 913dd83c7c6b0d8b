/** What every event file begins with. */
const FILE_VERSION = 'brain.Event:2';

/** Numbers of one step, by their tags. */
interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** The first event of a file, as the protocol buffer `tensorflow.Event`. */
export function encodeVersion(wallTime: number): Uint8Array {
  return concatenate([double(1, wallTime), bytes(3, utf8(FILE_VERSION))]);
}

/** An event with scalars, as the protocol buffer `tensorflow.Event` with a `Summary` of simple values. */
export function encodeScalars({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytes(1, concatenate([bytes(1, utf8(tag)), float(2, value)])),
  );
  return concatenate([double(1, wallTime), integer(2, step), bytes(5, concatenate(values))]);
}

// Fields of a protocol buffer: a key of the number and the wire type, and the value.

function integer(field: number, value: number): Uint8Array {
  return concatenate([varint(field << 3), varint(value)]);
}

function double(field: number, value: number): Uint8Array {
  const encoded = new Uint8Array(9);
  encoded[0] = (field << 3) | 1;
  new DataView(encoded.buffer).setFloat64(1, value, true);
  return encoded;
}

function float(field: number, value: number): Uint8Array {
  const encoded = new Uint8Array(5);
  encoded[0] = (field << 3) | 5;
  new DataView(encoded.buffer).setFloat32(1, value, true);
  return encoded;
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return concatenate([varint((field << 3) | 2), varint(value.length), value]);
}

/** Seven bits a byte, the lowest first; `value` is a whole number from 0 on. */
function varint(value: number): Uint8Array {
  const encoded: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) encoded.push((rest % 128) | 128);
  return Uint8Array.from([...encoded, rest]);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

import { zipSync } from 'fflate';

/** Writes pickles by hand, so that tests can say what PyTorch would not. */
export class Pickle {
  private readonly parts: Uint8Array[] = [Uint8Array.of(0x80, 2)];

  raw(...bytes: (number | string)[]): this {
    for (const part of bytes) {
      this.parts.push(typeof part === 'number' ? Uint8Array.of(part) : new TextEncoder().encode(part));
    }
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.raw('X')
      .bytes(new Uint8Array(Uint32Array.of(bytes.length).buffer))
      .bytes(bytes);
  }

  int(value: number): this {
    return this.raw('J').bytes(new Uint8Array(Int32Array.of(value).buffer));
  }

  long(value: bigint): this {
    return this.raw(0x8a, 10).bytes(Uint8Array.from({ length: 10 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));
  }

  global(module: string, name: string): this {
    return this.raw(`c${module}\n${name}\n`);
  }

  tuple(...ints: number[]): this {
    this.raw('(');
    for (const value of ints) this.int(value);
    return this.raw('t');
  }

  /** A tensor on a storage of `length` elements; `legacy` adds the view that the old form has. */
  tensor(
    key: string,
    length: number,
    {
      storage = 'FloatStorage',
      offset = 0,
      shape = [length],
      strides = [1],
      legacy = false,
    }: { storage?: string; offset?: number; shape?: number[]; strides?: number[]; legacy?: boolean } = {},
  ): this {
    this.global('torch._utils', '_rebuild_tensor_v2').raw('((').text('storage').global('torch', storage);
    this.text(key).text('cpu').int(length);
    if (legacy) this.raw('N');
    this.raw('tQ')
      .int(offset)
      .tuple(...shape)
      .tuple(...strides);
    return this.raw(0x89).global('collections', 'OrderedDict').raw(')RtR');
  }

  end(): Uint8Array {
    this.raw('.');
    const bytes = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  private bytes(part: Uint8Array): this {
    this.parts.push(part);
    return this;
  }
}

/** A checkpoint in the zip form. */
export function archive(
  pickle: Uint8Array,
  storages: Record<string, Uint8Array>,
  { level = 0 }: { level?: 0 | 1 | 9 } = {},
): Uint8Array {
  const files: Record<string, Uint8Array> = { 'archive/data.pkl': pickle };
  for (const [key, bytes] of Object.entries(storages)) files[`archive/data/${key}`] = bytes;
  return zipSync(files, { level });
}

/** A checkpoint in the form before PyTorch 1.6; each storage is given with its number of elements. */
export function legacyFile(pickle: Uint8Array, storages: Record<string, [number, Uint8Array]>): Uint8Array {
  const keys = new Pickle().raw(']');
  for (const key of Object.keys(storages)) keys.text(key).raw('a');
  const parts = [
    new Pickle().long(0x1950a86a20f9469cfc6cn).end(),
    new Pickle().int(1001).end(),
    new Pickle().raw('}').text('little_endian').raw(0x88, 's').end(),
    pickle,
    keys.end(),
    ...Object.values(storages).flatMap(([length, bytes]) => [
      new Uint8Array(BigUint64Array.of(BigInt(length)).buffer),
      bytes,
    ]),
  ];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The bytes of typed values. */
export function bytesOf(values: Float32Array | Uint16Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer);
}

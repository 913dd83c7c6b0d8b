import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from './format-error.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { NamedArray } from './safetensors-dtype.ts';

const example = new Map<string, NamedArray>([
  ['a', { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, -0]) }],
  ['count', { shape: [], data: new BigInt64Array([7n]) }],
  ['bytes', { shape: [3], data: new Uint8Array([1, 2, 255]) }],
  ['empty', { shape: [0, 4], data: new Float64Array(0) }],
]);

/** A file with the given header (text or object) over `data` bytes of values. */
function file(header: unknown, data = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  it('reads back what it wrote', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(example, { step: '3' }));
    expect(metadata).toEqual({ step: '3' });
    expect(new Map([...tensors].sort())).toEqual(new Map([...example].sort()));
  });

  it('reads from a view of a larger buffer, such as those of node:fs', () => {
    const bytes = encodeSafetensors(example);
    const pool = Buffer.concat([Buffer.alloc(5, 1), bytes, Buffer.alloc(9, 1)]);
    const { tensors } = decodeSafetensors(pool.subarray(5, 5 + bytes.length));
    expect(new Map([...tensors].sort())).toEqual(new Map([...example].sort()));
  });

  it('widens half floats', () => {
    const bytes = file(
      {
        half: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
        brain: { dtype: 'BF16', shape: [1], data_offsets: [4, 6] },
      },
      6,
    );
    bytes.set([0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f], bytes.length - 6);
    const { tensors } = decodeSafetensors(bytes);
    expect(tensors.get('half')).toEqual({ shape: [2], data: Float32Array.of(1, -2) });
    expect(tensors.get('brain')).toEqual({ shape: [1], data: Float32Array.of(1) });
  });

  it('lays the file out as the format says', () => {
    const bytes = encodeSafetensors(new Map([['w', { shape: [1], data: new Float32Array([1.5]) }]]));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect(new DataView(bytes.buffer).getFloat32(8 + length, true)).toBe(1.5);
  });

  const entry = (fields: object): unknown => ({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...fields } });
  it.each([
    ['too short', new Uint8Array(5), /8 bytes of header length, got 5/],
    [
      'a header beyond the file',
      new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 1]),
      /header of 4294967295 bytes must fit in the 1/,
    ],
    ['no JSON', file('{"w":'), /must be JSON/],
    ['a list', file('[]'), /JSON object/],
    ['an unknown type', file(entry({ dtype: 'F7' }), 4), /one of the types .* got "F7"/],
    ['a type from the prototype', file(entry({ dtype: 'constructor' }), 4), /one of the types/],
    ['a negative side', file(entry({ shape: [-1] }), 4), /whole numbers/],
    ['an overflowing shape', file(entry({ shape: [2 ** 40, 2 ** 40] }), 4), /whole numbers/],
    ['a size that does not fit', file(entry({ shape: [2] }), 4), /needs 8 bytes, got 4/],
    ['an end beyond the data', file(entry({ data_offsets: [4, 8] }), 4), /within the 4 bytes of data, got 8/],
    ['bytes that nothing describes', file(entry({}), 8), /cover all 8 bytes of data, they cover 4/],
    [
      'overlap',
      file(
        { a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] }, b: { dtype: 'U8', shape: [4], data_offsets: [2, 6] } },
        6,
      ),
      /"b" must begin at byte 4/,
    ],
    [
      'the same name twice',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
        4,
      ),
      /each name must occur once in its header/,
    ],
    [
      'a header of 100,000 entries',
      file(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, {}]))),
      /at most 65536 entries, got 100000/,
    ],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), /strings to strings/],
  ])('refuses %s within a second', (_, bytes, rule) => {
    const [start, memory] = [performance.now(), process.memoryUsage.rss()];
    expect(() => decodeSafetensors(bytes)).toThrow(FormatError);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(256 * 2 ** 20);
    expect(() => decodeSafetensors(bytes, 'model.safetensors')).toThrow(rule);
    expect(() => decodeSafetensors(bytes, 'model.safetensors')).toThrow(/^model.safetensors: /);
  });

  it('refuses any damage with a FormatError or reads it', () => {
    const valid = encodeSafetensors(example, { step: '3' });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(valid.length),
        (edits, length) => {
          const bytes = valid.slice(0, edits.length % 2 === 0 ? valid.length : length);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          try {
            decodeSafetensors(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('refuses to write a shape that does not fit', () => {
    expect(() => encodeSafetensors(new Map([['w', { shape: [2], data: new Float32Array(3) }]]))).toThrow(
      /needs 2 values, got 3/,
    );
  });
});

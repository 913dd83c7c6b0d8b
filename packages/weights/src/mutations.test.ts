import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from './format-error.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import { decodeTorch } from './torch.ts';
import { archive, bytesOf, legacyFile, Pickle } from './torch-file.fixture.ts';

/** Mutations of all forms together; `npm run fuzz` in this package asks for 100,000 of each, the suite for a few. */
const runs = Number(process.env.MEDSEG_MUTATIONS ?? 1500);

const values = bytesOf(Float32Array.from({ length: 12 }, (_, i) => i));
const state = (legacy: boolean): Uint8Array => {
  const pickle = new Pickle().raw('}q', 0, '(');
  pickle.text('conv.weight').tensor('0', 12, { shape: [4, 3], strides: [1, 4], legacy });
  pickle.text('conv.bias').tensor('1', 4, { storage: 'HalfStorage', legacy });
  pickle
    .text('args')
    .global('argparse', 'Namespace')
    .raw(')', 0x81, '}')
    .text('lr')
    .raw('G', 63, 0, 0, 0, 0, 0, 0, 0, 'sb');
  pickle.text('log').global('pathlib', 'PosixPath').text('tmp').raw(0x85, 'R');
  return pickle.text('epoch').int(3).raw('u').end();
};
const storages = { 0: values, 1: new Uint8Array(8) };
const valid: Record<string, [Uint8Array, (bytes: Uint8Array) => unknown]> = {
  safetensors: [
    encodeSafetensors(
      new Map([
        ['a', { shape: [2, 3], data: new Float32Array(6) }],
        ['b', { shape: [4], data: new BigInt64Array(4) }],
      ]),
      { step: '3' },
    ),
    (bytes) => decodeSafetensors(bytes),
  ],
  'zip form': [archive(state(false), storages), (bytes) => decodeTorch(bytes)],
  'deflated zip form': [archive(state(false), storages, { level: 9 }), (bytes) => decodeTorch(bytes)],
  'older form': [
    legacyFile(state(true), { 0: [12, values], 1: [4, new Uint8Array(8)] }),
    (bytes) => decodeTorch(bytes),
  ],
};

/** Bytes overwritten, inserted or cut out, or a piece of the file put in another place. */
function mutate(bytes: Uint8Array, changes: readonly Change[]): Uint8Array {
  let result = bytes;
  for (const { kind, at, length, fill } of changes) {
    const start = Math.floor(at * (result.length + 1));
    const piece = kind === 'copy' ? result.slice(Math.floor(fill[0]! * 0.0039 * result.length)).slice(0, length) : fill;
    const replaced = kind === 'insert' ? 0 : kind === 'cut' ? length : piece.length;
    const [head, tail] = [result.subarray(0, start), result.subarray(start + replaced)];
    result = Uint8Array.from([...head, ...(kind === 'cut' ? [] : piece), ...tail]);
  }
  return result;
}

interface Change {
  kind: 'overwrite' | 'insert' | 'cut' | 'copy';
  at: number;
  length: number;
  fill: Uint8Array;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('overwrite', 'insert', 'cut', 'copy'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 64 }),
  fill: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(Uint8Array.of(255, 255, 255, 255), Uint8Array.of(0), new Uint8Array(8).fill(255)),
  ),
});

describe('mutated files', () => {
  it.each(Object.keys(valid))(
    '%s: read, or refused with a FormatError within a second',
    (name) => {
      const [bytes, decode] = valid[name]!;
      decode(bytes);
      const memory = process.memoryUsage.rss();
      const share = Math.ceil(runs / Object.keys(valid).length);
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          const start = performance.now();
          try {
            decode(mutate(bytes, changes));
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
          expect(performance.now() - start).toBeLessThan(1000);
        }),
        { numRuns: share },
      );
      expect(process.memoryUsage.rss() - memory).toBeLessThan(256 * 2 ** 20);
    },
    30 * 60_000,
  );
});

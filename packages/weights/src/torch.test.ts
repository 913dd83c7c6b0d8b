import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { FormatError } from './format-error.ts';
import { decodeSafetensors } from './safetensors.ts';
import { decodeTorch } from './torch.ts';
import { archive, bytesOf, legacyFile, Pickle } from './torch-file.fixture.ts';

const parity = sharedPath('parity');

const values = bytesOf(Float32Array.from({ length: 12 }, (_, i) => i));

describe('decodeTorch', () => {
  it.skipIf(!existsSync(parity) && !process.env.CI)('reads what PyTorch wrote, both forms', () => {
    const files = readdirSync(parity).filter((file) => file.endsWith('.pt'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const { tensors } = decodeTorch(readFileSync(join(parity, file)), file);
      const twin = file.replace(/(\.legacy)?\.pt$/, '.safetensors');
      const expected = decodeSafetensors(readFileSync(join(parity, twin))).tensors;
      expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [name, { shape, data }] of expected) {
        expect(tensors.get(name)!.shape, name).toEqual(shape);
        expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(tensors.get(name)!.data.buffer)), name).toBe(0);
      }
    }
  });

  it('lays out strided views, row-major', () => {
    const pickle = new Pickle().raw('}(');
    pickle.text('transposed').tensor('0', 12, { shape: [4, 3], strides: [1, 4] });
    pickle.text('part').tensor('0', 12, { offset: 5, shape: [2, 2], strides: [4, 1] });
    pickle.text('repeated').tensor('0', 12, { offset: 7, shape: [3], strides: [0] });
    pickle.text('scalar').tensor('0', 12, { offset: 11, shape: [], strides: [] });
    const { tensors } = decodeTorch(archive(pickle.raw('u').end(), { 0: values }));
    expect([...tensors.get('transposed')!.data]).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    expect([...tensors.get('part')!.data]).toEqual([5, 6, 9, 10]);
    expect([...tensors.get('repeated')!.data]).toEqual([7, 7, 7]);
    expect(tensors.get('scalar')).toEqual({ shape: [], data: Float32Array.of(11) });
  });

  it('joins the names of nested dictionaries and gives what is no tensor apart', () => {
    const pickle = new Pickle().raw('}(').text('model').raw('}').text('w').tensor('0', 12).raw('s');
    pickle.text('epoch').int(7).text('loss').raw('G').raw(0x3f, 0xe0, 0, 0, 0, 0, 0, 0).text('best').raw(0x88);
    const { tensors, values: rest } = decodeTorch(archive(pickle.raw('u').end(), { 0: values }, { level: 9 }));
    expect([...tensors.keys()]).toEqual(['model.w']);
    expect([...rest]).toEqual([
      ['epoch', 7],
      ['loss', 0.5],
      ['best', true],
    ]);
  });

  it('widens half floats', () => {
    const pickle = new Pickle().raw('}(');
    pickle.text('half').tensor('0', 5, { storage: 'HalfStorage' });
    pickle.text('brain').tensor('1', 3, { storage: 'BFloat16Storage' });
    const storages = {
      0: bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555)),
      1: bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x7f80)),
    };
    const { tensors } = decodeTorch(archive(pickle.raw('u').end(), storages));
    expect([...tensors.get('half')!.data]).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY, 0.333251953125]);
    expect([...tensors.get('brain')!.data]).toEqual([1, -3.140625, Number.POSITIVE_INFINITY]);
  });

  it('reads the older form, and integers', () => {
    const pickle = new Pickle()
      .raw('}(')
      .text('w')
      .tensor('12', 12, { shape: [3, 4], strides: [4, 1], legacy: true });
    pickle.text('n').tensor('34', 2, { storage: 'LongStorage', legacy: true });
    const bytes = legacyFile(pickle.raw('u').end(), { 12: [12, values], 34: [2, bytesOf(BigInt64Array.of(-1n, 5n))] });
    const { tensors } = decodeTorch(bytes);
    expect(tensors.get('w')!.shape).toEqual([3, 4]);
    expect([...tensors.get('w')!.data]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect([...tensors.get('n')!.data]).toEqual([-1n, 5n]);
  });
});

describe('hostile checkpoints', () => {
  const one = (pickle: Pickle): Uint8Array => archive(pickle.end(), { 0: values });
  const state = (fields: Parameters<Pickle['tensor']>[2], length = 12): Uint8Array =>
    one(new Pickle().raw('}').text('w').tensor('0', length, fields).raw('s'));
  const nested = (depth: number): Pickle => {
    const pickle = new Pickle();
    for (let i = 0; i < depth; i++) pickle.raw(']');
    for (let i = 1; i < depth; i++) pickle.raw('a');
    return pickle;
  };
  /** Dictionaries that hold the one before twice: 2^n values in n containers. */
  const doubling = (): Pickle => {
    const pickle = new Pickle().int(1);
    for (let i = 0; i < 60; i++) pickle.raw('2', 0x86);
    return pickle;
  };
  const truncated = state({}).slice(0, -30);
  const small = archive(
    new Pickle()
      .raw('}')
      .text('w')
      .tensor('0', 2 ** 22)
      .raw('s')
      .end(),
    {},
  );

  it.each<[string, () => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(0), /must be a zip archive or a pickle, its first bytes are none/],
    ['text', () => new TextEncoder().encode('hello'), /its first bytes are 104,101,108,108/],
    ['a file that is cut off', () => truncated, /zip directory is missing/],
    ['a storage that is missing', () => small, /must hold the file "archive\/data\/0"/],
    ['a storage of another length', () => state({}, 13), /storage "0" must have 52 bytes, got 48/],
    [
      'a tensor past its storage',
      () => state({ offset: 1 }),
      /must lie within its storage of 12 values, it ends at 12/,
    ],
    [
      'a shape that overflows',
      () => state({ shape: [2 ** 30, 2 ** 30], strides: [0, 0] }),
      /shape of a tensor must not overflow/,
    ],
    [
      'a tensor larger than the file',
      () => state({ shape: [2 ** 30], strides: [0] }),
      /must take at most 67108864 bytes/,
    ],
    ['a negative stride', () => state({ strides: [-1] }), /strides of a tensor must be whole numbers/],
    [
      'a forbidden global',
      () => one(new Pickle().global('os', 'system').raw('(').text('id').raw('tR')),
      /global "os.system" is not allowed/,
    ],
    [
      'a forbidden global by strings',
      () => one(new Pickle().text('builtins').text('eval').raw(0x93).raw('(').text('1').raw('tR')),
      /global "builtins.eval" is not allowed/,
    ],
    ['a global named like a member', () => one(new Pickle().global('torch', 'constructor')), /"torch.constructor"/],
    ['attributes of a tensor', () => one(new Pickle().tensor('0', 12).raw('}b')), /attributes of dictionaries only/],
    ['an unknown operation', () => one(new Pickle().raw('i')), /operations that PyTorch writes, got 0x69/],
    ['an empty stack', () => one(new Pickle()), /must not take values that it did not put down/],
    ['a call of a string', () => one(new Pickle().text('print').raw(')R')), /must call an allowed global/],
    ['deep recursion', () => one(nested(100_000)), /nested at most 64 deep/],
    ['a list that holds itself', () => one(new Pickle().raw(']q', 0, 'h', 0, 'a')), /nested at most 64 deep/],
    ['containers that double', () => one(doubling()), /must hold at most 50000 values/],
    ['a text longer than the file', () => one(new Pickle().raw('X', 255, 255, 255, 255)), /it is cut off/],
    ['a huge integer', () => one(new Pickle().raw(0x8a, 200)), /at most 64 bytes, got 200/],
    ['many containers', () => archive(new Pickle().raw('}'.repeat(500_000)).end(), {}), /at most 100000 containers/],
    [
      'a zip bomb',
      () => {
        const pickle = new Pickle()
          .raw('}')
          .text('w')
          .tensor('0', 2 ** 25)
          .raw('s')
          .end();
        return archive(pickle, { 0: new Uint8Array(2 ** 27) }, { level: 1 });
      },
      /must take at most 67108864 bytes|must have at most 67108864 bytes/,
    ],
    [
      'a zip bomb in the pickle',
      () => archive(new Uint8Array(2 ** 26), {}, { level: 1 }),
      /"archive\/data.pkl" must have at most 16777216 bytes, it claims 67108864/,
    ],
    [
      'a file that unpacks to more than it claims',
      () => {
        const bytes = archive(new Uint8Array(2 ** 20), {}, { level: 9 });
        const view = new DataView(bytes.buffer);
        const directory = view.getUint32(bytes.length - 6, true);
        view.setUint32(directory + 24, 100, true);
        return bytes;
      },
      /must unpack to the 100 bytes that it claims/,
    ],
    [
      'an archive of 100,001 files',
      () => {
        const bytes = archive(new Pickle().raw('N').end(), {});
        const view = new DataView(bytes.buffer);
        const directory = view.getUint32(bytes.length - 6, true);
        const entry = bytes.slice(directory, bytes.length - 22);
        const wide = new Uint8Array(100_001 * entry.length);
        for (let i = 0; i < 100_001; i++) wide.set(entry, i * entry.length);
        const end = new Uint8Array(56 + 20 + 22);
        const tail = new DataView(end.buffer);
        tail.setUint32(0, 0x06064b50, true);
        tail.setBigUint64(32, 100_001n, true);
        tail.setBigUint64(40, BigInt(wide.length), true);
        tail.setBigUint64(48, BigInt(directory), true);
        tail.setUint32(56, 0x07064b50, true);
        tail.setBigUint64(64, BigInt(directory + wide.length), true);
        tail.setUint32(76, 0x06054b50, true);
        tail.setUint16(86, 0xffff, true);
        tail.setUint32(88, 0xffffffff, true);
        tail.setUint32(92, 0xffffffff, true);
        return Buffer.concat([bytes.subarray(0, directory), wide, end]);
      },
      /must have at most 100000 files, got 100001/,
    ],
    [
      'files that overlap',
      () => {
        const bytes = archive(new Pickle().raw('N').end(), { 0: values, 1: values });
        const view = new DataView(bytes.buffer);
        const directory = view.getUint32(bytes.length - 6, true);
        const second = directory + 46 + view.getUint16(directory + 28, true);
        view.setUint32(second + 42, view.getUint32(directory + 42, true), true);
        return bytes;
      },
      /must end before the next file begins/,
    ],
    [
      'an older file that is cut off',
      () => {
        const pickle = new Pickle().raw('}').text('w').tensor('1', 12, { legacy: true }).raw('s').end();
        return legacyFile(pickle, { 1: [12, values] }).slice(0, -1);
      },
      /storages must lie within the file, it is cut off/,
    ],
    [
      'a pickle of something else',
      () => new Pickle().raw('N').end(),
      /must begin with PyTorch's magic number, got null/,
    ],
  ])('refuses %s within a second', (_, make, rule) => {
    const bytes = make();
    const start = performance.now();
    const memory = process.memoryUsage.rss();
    let caught: unknown;
    try {
      decodeTorch(bytes, 'model.pt');
    } catch (error) {
      caught = error;
    }
    expect(performance.now() - start).toBeLessThan(1000);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(256 * 2 ** 20);
    expect(caught).toBeInstanceOf(FormatError);
    expect((caught as Error).message).toMatch(/^model\.pt: /);
    expect((caught as Error).message).toMatch(rule);
  });
});

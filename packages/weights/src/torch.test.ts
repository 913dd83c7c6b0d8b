import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
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

describe('a checkpoint with objects beside its tensors', () => {
  const w = { shape: [12], data: Float32Array.from({ length: 12 }, (_, i) => i) };
  /** A state dict with one more entry, `x`, in both forms. */
  const forms = (object: (pickle: Pickle) => Pickle): Uint8Array[] =>
    [false, true].map((legacy) => {
      const pickle = new Pickle().raw('}(').text('model').raw('}').text('w').tensor('0', 12, { legacy }).raw('s');
      const bytes = object(pickle.text('x')).raw('u').end();
      return legacy ? legacyFile(bytes, { 0: [12, values] }) : archive(bytes, { 0: values });
    });
  const argument = (pickle: Pickle): Pickle => pickle.raw('(').text('id').raw('t');

  it.each<[string, (pickle: Pickle) => Pickle, what: string]>([
    ['a call', (p) => argument(p.global('os', 'system')).raw('R'), 'os.system'],
    [
      'a call of a global by strings',
      (p) => argument(p.text('builtins').text('eval').raw(0x93)).raw('R'),
      'builtins.eval',
    ],
    ['a class', (p) => p.global('torch', 'float32'), 'torch.float32'],
    ['a known class', (p) => p.global('collections', 'OrderedDict'), 'collections.OrderedDict'],
    ['a global named like a member', (p) => p.global('torch', 'constructor'), 'torch.constructor'],
    ['a global named like a prototype', (p) => p.global('__proto__', '__proto__').raw(')R'), '__proto__.__proto__'],
    ['a long name', (p) => p.text('m'.repeat(300)).text('n').raw(0x93), `${'m'.repeat(200)}.n`],
    ['a new object', (p) => p.global('pathlib', 'PosixPath').raw(')', 0x81), 'pathlib.PosixPath'],
    ['a new object with named arguments', (p) => p.global('a', 'B').raw(')}', 0x92), 'a.B'],
    ['an object of Python 2', (p) => p.raw('(').global('a', 'B').int(1).raw('o'), 'a.B'],
    ['an instance of Python 2', (p) => p.raw('(').int(1).raw('ia\nB\n'), 'a.B'],
    ['a call of what a call returned', (p) => p.global('a', 'b').raw(')R)R'), 'a.b'],
    ['an extension', (p) => p.raw(0x82, 7, ')R'), 'copyreg extension 7'],
    [
      'attributes that are no dictionary',
      (p) => p.global('numpy', 'dtype').raw(')R').tuple(3, 4).raw('b'),
      'numpy.dtype',
    ],
    ['a persistent id of another kind', (p) => p.raw('(').text('cache').int(1).raw('tQ'), 'persistent id cache'],
    ['a persistent id that is a text', (p) => p.text('y').raw('Q'), 'persistent id y'],
    [
      'a persistent class',
      (p) => p.raw('(').text('module').global('nets', 'UNet').text('unet.py').text('…').raw('tQ)', 0x81),
      'nets.UNet',
    ],
    ['bytes', (p) => p.raw('C', 2, 255, 254), 'bytes'],
    ['bytes of Python 2', (p) => p.raw('U', 2, 255, 254), 'bytes'],
    ['a set', (p) => p.raw(0x8f, '(').int(1).raw(0x90), 'set'],
    ['a frozen set', (p) => p.raw('(').int(1).raw(0x91), 'set'],
  ])('reads the tensors, runs nothing and lists %s', (_, object, what) => {
    for (const bytes of forms(object)) {
      const { tensors, values: rest, skipped } = decodeTorch(bytes);
      expect([...tensors]).toEqual([['model.w', w]]);
      expect([...rest]).toEqual([]);
      expect(skipped).toEqual([{ path: 'x', what }]);
    }
  });

  it('reads what an object holds under its path, also where objects hold one another', () => {
    const object = (p: Pickle): Pickle => {
      p.global('argparse', 'Namespace').raw(')', 0x81, 'q', 9, '}(').text('lr').int(3).text('__proto__').int(4);
      p.text('self').raw('h', 9, 'ub'); // args.self is args
      p.text('y').global('collections', 'defaultdict').global('builtins', 'dict').raw(0x85, 'R(').int(7).raw(0x88, 'u');
      return p.text('z').global('collections', 'deque').raw(')R(').int(5).int(6).raw('e');
    };
    for (const bytes of forms(object)) {
      const { values: rest, skipped } = decodeTorch(bytes);
      expect([...rest]).toEqual([
        ['x.lr', 3],
        ['x.__proto__', 4],
        ['y.7', true],
        ['z.0', 5],
        ['z.1', 6],
      ]);
      expect(skipped).toEqual([
        { path: 'x', what: 'argparse.Namespace' },
        { path: 'x.self', what: 'argparse.Namespace' },
        { path: 'y', what: 'collections.defaultdict' },
        { path: 'z', what: 'collections.deque' },
      ]);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('passes a storage that only a dropped argument names, and tells keys that are objects apart', () => {
    const pickle = new Pickle().raw('}(').global('e', 'Key').raw(')R').tensor('0', 12, { legacy: true });
    pickle.global('e', 'Key').raw(')R').tensor('0', 12, { legacy: true });
    pickle.text('lost').global('a', 'Cache').tensor('1', 12, { legacy: true }).raw(0x85, 'R');
    const bytes = legacyFile(pickle.raw('u').end(), { 1: [12, values], 0: [12, values] });
    const { tensors, skipped } = decodeTorch(bytes);
    expect([...tensors]).toEqual([
      ['e.Key[0]', w],
      ['e.Key[1]', w],
    ]);
    expect(skipped).toEqual([{ path: 'lost', what: 'a.Cache' }]);
  });

  it('reads a tensor of a subclass, with attributes', () => {
    const rebuild = (p: Pickle, name: string): Pickle =>
      p.global('torch._tensor', '_rebuild_from_type_v2').raw('(').global('torch._utils', name);
    const pickle = rebuild(new Pickle().raw('}(').text('w'), '_rebuild_parameter');
    pickle.global('monai.data.meta_tensor', 'MetaTensor').tensor('0', 12).raw(0x85, '}').text('a').int(1).raw('stR');
    rebuild(pickle.text('x'), '_rebuild_odd').global('monai.data.meta_tensor', 'MetaTensor').raw(')}tR');
    const { tensors, skipped } = decodeTorch(archive(pickle.raw('u').end(), { 0: values }));
    expect([...tensors]).toEqual([['w', w]]);
    expect(skipped).toEqual([{ path: 'x', what: 'monai.data.meta_tensor.MetaTensor' }]);
  });

  it('is the object itself where there is nothing else', () => {
    const { tensors, skipped } = decodeTorch(archive(new Pickle().global('nets', 'UNet').raw(')', 0x81).end(), {}));
    expect([tensors.size, skipped]).toEqual([0, [{ path: '', what: 'nets.UNet' }]]);
  });

  it.skipIf(lacksShared('cases', 'checkpoints')).each([
    ['npscalar', 'best_dice', 'numpy.core.multiarray.scalar'],
    ['namespace', 'args', 'argparse.Namespace'],
    ['counter', 'lr_scheduler', 'collections.Counter'],
    ['defaultdict', 'optimizer', 'collections.defaultdict'],
    ['path', 'log', 'pathlib.PosixPath'],
    ['dtype', 'dtype', 'torch.float32'],
  ])('%s.pt', (name, path, what) => {
    const { tensors, skipped } = decodeTorch(readFileSync(sharedPath('cases', 'checkpoints', `${name}.pt`)));
    expect([...tensors.keys()]).toEqual(['model.conv.weight']);
    expect(tensors.get('model.conv.weight')!.shape).toEqual([4]);
    expect(skipped).toEqual([{ path, what }]);
  });
});

describe('what stands in the place of weights', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 123456789\n';
  it.each<[string, RegExp]>([
    [pointer, /^w: is a Git LFS pointer.*; run git lfs pull$/],
    ['<!DOCTYPE html>\n<html lang="en">', /^w: is an HTML page, downloaded in the place of the weights$/],
    ['\uFEFF\n <!doctype HTML>', /HTML page/],
    ['<html><head>', /HTML page/],
  ])('%j is called what it is', (text, message) => {
    const bytes = new TextEncoder().encode(text);
    for (const decode of [decodeTorch, decodeSafetensors]) {
      expect(() => decode(bytes, 'w')).toThrow(FormatError);
      expect(() => decode(bytes, 'w')).toThrow(message);
    }
  });

  it.skipIf(lacksShared('cases', 'checkpoints'))('lfs.safetensors', () => {
    const bytes = readFileSync(sharedPath('cases', 'checkpoints', 'lfs.safetensors'));
    expect(() => decodeSafetensors(bytes)).toThrow(/Git LFS pointer/);
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
  /** A tensor made of whatever is put down in the place of its storage. */
  const rebuilt = (storage: (pickle: Pickle) => Pickle): Pickle =>
    storage(new Pickle().global('torch._utils', '_rebuild_tensor_v2').raw('(')).int(0).tuple(12).tuple(1).raw('tR');
  /** Objects, each the only item of the one before. */
  const objects = (depth: number): Pickle => {
    const pickle = new Pickle();
    for (let i = 0; i < depth; i++) pickle.global('a', 'B').raw(')R').int(0);
    pickle.int(1);
    for (let i = 0; i < depth; i++) pickle.raw('s');
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
      'a tensor of an object',
      () => one(rebuilt((p) => p.global('os', 'system').raw(')R'))),
      /a tensor must be made of a storage of a known type, got os\.system/,
    ],
    [
      'a tensor of a storage of another class',
      () =>
        one(
          rebuilt((p) =>
            p.raw('(').text('storage').global('torch', 'OddStorage').text('0').text('cpu').int(12).raw('tQ'),
          ),
        ),
      /a tensor must be made of a storage of a known type, got torch\.OddStorage/,
    ],
    [
      'a parameter of an object',
      () => one(new Pickle().global('torch._utils', '_rebuild_parameter').global('a', 'B').raw(')R', 0x85, 'R')),
      /a parameter must be made of a tensor, got a\.B/,
    ],
    [
      'an OrderedDict of an object',
      () => one(new Pickle().global('collections', 'OrderedDict').global('a', 'B').raw(0x85, 'R')),
      /an OrderedDict must be made of pairs, got a\.B/,
    ],
    [
      'an older file with a storage of another class',
      () => {
        const odd = new Pickle().raw('(').text('storage').global('torch', 'OddStorage').text('7').text('cpu').int(1);
        return legacyFile(odd.raw('NtQ').end(), { 7: [1, values] });
      },
      /storage "7" must be of a known type, got torch\.OddStorage/,
    ],
    ['objects nested deeply', () => one(objects(100)), /nested at most 64 deep/],
    [
      'more objects than any checkpoint has',
      () =>
        archive(new Pickle().global('a', 'B').raw('q', 1, '0]').raw('(', 'h\u0001)R'.repeat(60_000), 'e').end(), {}),
      /at most 100000 containers/,
    ],
    [
      'a long name of a global, used again and again',
      () => {
        const pickle = new Pickle().text('m'.repeat(2 ** 22)).raw('q', 1, '0]');
        for (let i = 0; i < 20_000; i++) pickle.raw('h', 1, 'h', 1, 0x93, ')R0');
        pickle.raw(0xff);
        return archive(pickle.end(), {}, { level: 1 });
      },
      /got 0xff/,
    ],
    [
      'attributes of a tensor',
      () => one(new Pickle().tensor('0', 12).raw('}b')),
      /attributes of dictionaries and objects only/,
    ],
    ['an unknown operation', () => one(new Pickle().raw(0xff)), /operations that PyTorch writes, got 0xff/],
    ['an empty stack', () => one(new Pickle()), /must not take values that it did not put down/],
    ['a call of a string', () => one(new Pickle().text('print').raw(')R')), /must call a global with a tuple/],
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

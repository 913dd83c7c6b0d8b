import { expect, it } from 'vitest';
import { requireBytes } from './require-bytes.ts';
import { requireNames } from './require-names.ts';
import { pickOptions, requireOneOf, requireOptions } from './require-options.ts';

const names = { size: true, strides: true } as const;

it('refuses an option that does not exist, with the nearest', () => {
  expect(() => requireOptions('f', { size: 1, strides: undefined }, names)).not.toThrow();
  expect(() => requireOptions('f', { stride: 1 }, names)).toThrow(
    new RangeError('f: options must be among size, strides, got stride; did you mean strides?'),
  );
  expect(() => requireOptions('f', { depth: 1 }, names)).toThrow(
    new RangeError('f: options must be among size, strides, got depth'),
  );
});

it.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [5, '5'],
  [[1], 'an array of 1'],
  [new Uint8Array(3), 'Uint8Array'],
])('refuses %s in the place of options', (value, got) => {
  expect(() => requireOptions('f', value as never, names)).toThrow(
    new TypeError(`f: options must be an object, got ${got}`),
  );
});

it('refuses an option by name in fewer bytes', () => {
  expect(() => requireNames('f', { size: 1 }, names)).not.toThrow();
  expect(() => requireNames('f', { stride: 1 }, names)).toThrow(
    new RangeError('f: options must be among size, strides, got stride'),
  );
});

it('picks the options that are named', () => {
  expect(pickOptions<{ size?: number; strides?: number }>({ size: 1, color: 'red' } as object, names)).toEqual({
    size: 1,
  });
});

it('refuses a value that is not allowed, with the nearest', () => {
  expect(() => requireOneOf('f: border', 'zeros', ['zeros', 'mirror'])).not.toThrow();
  expect(() => requireOneOf<string>('f: border', 'zero', ['zeros', 'mirror'])).toThrow(
    "f: border must be 'zeros' or 'mirror', got 'zero'; did you mean 'zeros'?",
  );
});

it('takes the bytes of Node and of browsers, and says how an ArrayBuffer becomes such', () => {
  for (const bytes of [new Uint8Array(1), Buffer.from('a')]) expect(() => requireBytes('f', bytes)).not.toThrow();
  const wrong: [unknown, string][] = [
    [new ArrayBuffer(1), 'ArrayBuffer; pass new Uint8Array(buffer)'],
    ['brain.nii', "'brain.nii'"],
    [undefined, 'undefined'],
    [null, 'null'],
  ];
  for (const [value, got] of wrong) {
    expect(() => requireBytes('f', value)).toThrow(
      new TypeError(`f: bytes must be a Uint8Array, the content of the file, got ${got}`),
    );
  }
});

import { describe, expect, it } from 'vitest';
import { requireFunction, requireList, requireNumber, requireObject, requireText } from './require-kind.ts';

describe('requireObject', () => {
  it('takes objects and functions with the members that are read', () => {
    const withBoth = Object.assign(() => {}, { width: 0, height: null });
    for (const value of [{ width: 1, height: 2, depth: 3 }, withBoth]) {
      expect(() => requireObject('f: x', value, ['width', 'height'])).not.toThrow();
    }
    expect(() => requireObject('f: x', {}, [])).not.toThrow();
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    ['x', "'x'"],
    [{ width: 1 }, 'an object without height'],
    [[], 'an array of 0 without width'],
    [Promise.resolve(), 'Promise; await it'],
  ])('names what it got of %s', (value, got) => {
    expect(() => requireObject('f: x', value, ['width', 'height'])).toThrow(
      new TypeError(`f: x must be an object with width and height, got ${got}`),
    );
  });
});

it('tells lists, functions, texts and numbers from what they are not', () => {
  expect(() => requireList('f: x', new Float32Array(2))).not.toThrow();
  expect(() => requireList('f: x', new DataView(new ArrayBuffer(2)))).toThrow('f: x must be an array, got DataView');
  expect(() => requireList('f: x', Promise.resolve([]))).toThrow('f: x must be an array, got Promise; await it');
  expect(() => requireFunction('f: x', Math.max)).not.toThrow();
  expect(() => requireFunction('f: x', {})).toThrow('f: x must be a function, got an object');
  expect(() => requireText('f: x', '')).not.toThrow();
  expect(() => requireText('f: x', new URL('file:///x'))).toThrow('f: x must be a string, got URL');
  expect(() => requireNumber('f: x', Number.NaN)).not.toThrow();
  expect(() => requireNumber('f: x', '2')).toThrow("f: x must be a number, got '2'");
});

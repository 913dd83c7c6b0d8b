import { expect, it } from 'vitest';
import { plural } from './plural.ts';

it.each([
  [0, 'images', '0 images'],
  [1, 'images', '1 image'],
  [2, 'validation patients', '2 validation patients'],
  [1, 'validation patients', '1 validation patient'],
  [1, 'classes', '1 class'],
])('plural(%i, %s) is %s', (count, noun, text) => {
  expect(plural(count, noun)).toBe(text);
});

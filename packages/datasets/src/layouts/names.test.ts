import { expect, it } from 'vitest';
import { LAYOUTS } from './layouts.ts';
import { currentLayoutName, LAYOUT_NAMES } from './names.ts';

it('names every layout, and knows the names of earlier versions', () => {
  expect(Object.keys(LAYOUTS)).toEqual([...LAYOUT_NAMES]);
  expect(currentLayoutName('list')).toBe('manifest');
  for (const name of [...LAYOUT_NAMES, 'zip', 'constructor']) expect(currentLayoutName(name)).toBe(name);
});

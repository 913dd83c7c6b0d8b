import { expect, test } from 'vitest';
import { remarkLines } from './remark-lines.ts';

test('remarks of one text become one line with the first file and the number of others', () => {
  const lines = remarkLines([
    { file: 'a.png', text: 'is turned' },
    { file: 'b.png', text: 'has no spacing' },
    { file: 'c.png', text: 'is turned' },
    { file: 'c.png', text: 'is turned' },
  ]);
  expect(lines).toEqual(['is turned: a.png and 1 more', 'b.png: has no spacing']);
});

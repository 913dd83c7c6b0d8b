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

test('what differs from file to file is said of the first one', () => {
  const text = 'has NaN';
  expect(remarkLines([{ file: 'a.nii', text, detail: '3 of 8' }])).toEqual(['a.nii: has NaN (3 of 8)']);
  const two = [
    { file: 'a.nii', text, detail: '3 of 8' },
    { file: 'b.nii', text, detail: '1 of 8' },
  ];
  expect(remarkLines(two)).toEqual(['has NaN: a.nii (3 of 8) and 1 more']);
});

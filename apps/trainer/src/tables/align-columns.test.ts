import { expect, it } from 'vitest';
import { alignColumns } from './align-columns.ts';

const rows = [
  ['case', 'Dice', 'IoU', 'Hausdorff'],
  ['a', '0.912', '0.8', '2.00'],
];

it('puts columns under each other', () => {
  expect(alignColumns(rows)).toEqual(['  case  Dice   IoU  Hausdorff', '  a     0.912  0.8  2.00']);
});

it.each([
  [
    20,
    [
      ['  case  Dice   IoU', '  a     0.912  0.8'],
      ['  case  Hausdorff', '  a     2.00'],
    ],
  ],
  [
    14,
    [
      ['  case  Dice', '  a     0.912'],
      ['  case  IoU', '  a     0.8'],
      ['  case  Hausdorff', '  a     2.00'],
    ],
  ],
])('makes several tables of one that is wider than %i columns', (width, tables) => {
  const lines = alignColumns(rows, width);
  expect(lines).toEqual(tables.flatMap((table, i) => (i === 0 ? table : ['', ...table])));
});

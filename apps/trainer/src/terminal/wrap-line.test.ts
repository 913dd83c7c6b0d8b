import { expect, it } from 'vitest';
import { wrapLine } from './wrap-line.ts';

it.each([
  ['short', 10, ['short']],
  ['note: one of the patients is not there', 16, ['note: one of the', '  patients is', '  not there']],
  ['medseg: /a/long/path/that/is/one/word: must be', 20, ['medseg:', '  /a/long/path/that/is/one/word:', '  must be']],
  ['/a/long/path/that/is/one/word: no', 10, ['/a/long/path/that/is/one/word:', '  no']],
  [
    '  file.png  must be a file or a folder',
    24,
    ['  file.png  must be a', '            file or a', '            folder'],
  ],
  ['train        2 images of 2 patients', 26, ['train        2 images of 2', '             patients']],
  ['  a-file-name-of-some-length.png  is no image', 24, ['  a-file-name-of-some-length.png ', '    is no image']],
])('%j in %i columns', (line, width, lines) => {
  expect(wrapLine(line, width).map((each) => each.trimEnd())).toEqual(lines.map((each) => each.trimEnd()));
});

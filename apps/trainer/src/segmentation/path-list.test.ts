import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../run-cli.fixture.ts';
import { readPathList } from './path-list.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const listOf = (...lines: string[]): string => {
  writeFileSync(at('list.txt'), lines.join('\n'));
  return at('list.txt');
};
mkdirSync(at('a, b'));
for (const name of ['a, b/c.png', '"odd".png', "it's.png"]) writeFileSync(at(name), '');

it('reads paths with spaces, in quotes, with a mark, comments and any ends of lines', async () => {
  const lines = [
    '\uFEFF# all',
    '  one two.png \r',
    '',
    '"three four.png"',
    "'five.png'\rsix.png",
    '" seven.png"',
    '#not.png',
    '/abs/x.nii.gz\r',
  ];
  const names = ['one two.png', 'three four.png', 'five.png', 'six.png', ' seven.png'].map(at);
  expect(await readPathList(listOf(...lines))).toEqual(
    [...names, '/abs/x.nii.gz'].map((file, i) => ({ files: [file], line: [2, 4, 5, 6, 7, 9][i] })),
  );
});

it('takes commas between channels, and in names that are there or in quotes', async () => {
  const lines = ['t1.nii, t2.nii', '"t 1.nii","t 2.nii"', 'a, b/c.png', '"x, y.png",z.png', '"odd".png', "it's.png"];
  expect((await readPathList(listOf(...lines))).map(({ files }) => files)).toEqual([
    [at('t1.nii'), at('t2.nii')],
    [at('t 1.nii'), at('t 2.nii')],
    [at('a, b/c.png')],
    [at('x, y.png'), at('z.png')],
    [at('"odd".png')],
    [at("it's.png")],
  ]);
});

it.each([
  ['"open.png', /list\.txt: line 2 must be a path, with quotes around the whole of it or none, got "\\"open\.png"$/],
  ['"a"b.png', /line 2 must be a path, with quotes around the whole/],
  ['a.png,,b.png', /line 2 must be a path, and between commas, too/],
  ['a.png,', /line 2 must be a path, and between commas, too/],
  ['a\u001b[2Jb.png', /line 2 must be a path, without control characters, got "a\\u001b/],
])('refuses %j by its number', async (line, rule) => {
  await expect(readPathList(listOf('good.png', line))).rejects.toThrow(rule);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = [
  '.',
  ...['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((n) => join(group, n))),
];
const readmes = folders
  .map((folder) => ({ folder, file: join(root, folder, 'README.md') }))
  .filter(({ file }) => existsSync(file))
  .map(({ folder, file }) => ({ folder, text: readFileSync(file, 'utf8') }));

const peersOf = (name: string): string[] => {
  const file = join(root, 'packages', name.replace('@medseg/', ''), 'package.json');
  return Object.keys(JSON.parse(readFileSync(file, 'utf8')).peerDependencies ?? {});
};

/** The packages that a program imports, `@medseg/x` for `@medseg/x/node`. */
function importsOf(program: string): string[] {
  const specifiers = [...program.matchAll(/^import\b[^;']*'([^'.][^']*)'/gm)].map((match) => match[1]!);
  return specifiers
    .filter((name) => !name.startsWith('node:'))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

const withLine = readmes.flatMap(({ folder, text }) => {
  const lines = [...text.matchAll(/^npm install (.*)$/gm)].map((match) => match[1]!.split(' '));
  return lines.length > 0 || folder.startsWith('packages') ? [{ folder, text, lines }] : [];
});

it('finds the imports of a program', () => {
  const program =
    "import 'a';\nimport * as b from '@x/b/node';\nimport {\n  c,\n} from 'c/d'; // e\nimport { f } from 'node:fs';\n";
  expect(importsOf(program)).toEqual(['a', '@x/b', 'c']);
  expect(withLine.length).toBeGreaterThan(15);
});

it.each(withLine)('the install line of $folder/README.md names what its programs import', ({ folder, text, lines }) => {
  expect(lines, 'one line, so that it can be copied').toHaveLength(1);
  const named = lines[0]!;
  if (folder.startsWith('packages')) expect(named[0]).toBe(folder.replace('packages', '@medseg'));
  const programs = [...text.matchAll(/^```(?:js|ts)\n(.*?)^```/gms)].map((match) => match[1]!);
  const peers = named.filter((name) => name.startsWith('@medseg/')).flatMap(peersOf);
  for (const name of [...programs.flatMap(importsOf), ...peers]) expect(named).toContain(name);
});

it.each([...readmes, { folder: 'CONTRIBUTING.md', text: readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8') }])(
  '$folder calls the command by the name of its package',
  ({ text }) => {
    // npx takes the name of a package, and medseg may be somebody else's.
    expect(text).not.toMatch(/npx medseg\b/);
  },
);

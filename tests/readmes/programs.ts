import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A block of code of a README: `js` runs as it stands, `ts` needs files, a page or threads of its reader. */
export interface Program {
  /** `packages/ops/README.md:15`. */
  name: string;
  /** The folder of the README, from the root; `.` for the root's own. */
  folder: string;
  runs: boolean;
  /** Its modules, the first of which runs: what follows a line such as `// worker.ts` is a file of its own. */
  modules: { file: string; text: string }[];
}

/** The modules of a block, which is one unless lines such as `// worker.ts` divide it. */
function modulesOf(text: string): { file: string; text: string }[] {
  const parts = text.split(/^\/\/ (\w+\.[jt]s)\n/m);
  if (parts.length === 1) return [{ file: 'program.ts', text }];
  return parts.flatMap((file, i) => (i % 2 === 1 ? [{ file, text: parts[i + 1]! }] : []));
}

/** Every program of every README, the root's first. */
export const programs: readonly Program[] = [
  '.',
  ...['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`)),
].flatMap((folder) => {
  const file = join(root, folder, 'README.md');
  if (!existsSync(file)) return [];
  const readme = readFileSync(file, 'utf8');
  // A module that one program has named is there for those behind it.
  const named = new Map<string, string>();
  return [...readme.matchAll(/^```(js|ts)\n(.*?)^```/gms)].map((match) => {
    const modules = modulesOf(match[2]!);
    const earlier = [...named].filter(([file]) => modules.length > 1 && modules.every((own) => own.file !== file));
    if (modules.length > 1) for (const { file, text } of modules) named.set(file, text);
    return {
      name: `${folder === '.' ? '' : `${folder}/`}README.md:${readme.slice(0, match.index).split('\n').length + 1}`,
      folder,
      runs: match[1] === 'js',
      modules: [...modules, ...earlier.map(([file, text]) => ({ file, text }))],
    };
  });
});

/** Lays the modules of a program that is JavaScript into a folder; gives the file that is run. */
export function writeProgram({ modules }: Program, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const files = modules.map(({ file, text }) => ({ file: join(folder, file.replace(/\.ts$/, '.js')), text }));
  for (const { file, text } of files) writeFileSync(file, text);
  return files[0]!.file;
}

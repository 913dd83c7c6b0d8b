// Where the sources behind the packages' `exports` are, so that imports can be checked before anything is built.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packages = new URL('../packages/', import.meta.url);

/** Every entry of every package: the name to import and the file behind it, relative to the repository. */
export const entries = readdirSync(packages).flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'));
  const entryOf = (file) => ({ name: `${name}/${file}`, file: `packages/${folder}/src/${file}.ts` });
  return Object.keys(exports).flatMap((key) => {
    if (key === '.') return [{ name, file: `packages/${folder}/src/index.ts` }];
    if (key !== './*') return [entryOf(key.slice(2))];
    const files = readdirSync(new URL(`${folder}/src/`, packages)).filter((file) => file.endsWith('.ts'));
    return files.map((file) => entryOf(file.slice(0, -3)));
  });
});

const repository = new URL('..', import.meta.url);

// The form of webpack's configuration, which dependency-cruiser reads.
export default {
  resolve: {
    alias: entries.map(({ name, file }) => ({
      name,
      alias: fileURLToPath(new URL(file, repository)),
      onlyModule: true,
    })),
  },
};

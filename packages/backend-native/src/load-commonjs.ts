import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { compileFunction } from 'node:vm';

type Exports = Record<string, unknown>;

/**
 * Returns a `require` for CommonJS files of a folder that gives them the modules named in `given` in place of packages:
 * scripts in a cache, where no package is installed, then share the caller's copy of a library.
 */
export function createLoader(folder: string, given: Readonly<Record<string, unknown>>): (file: string) => Exports {
  const loaded = new Map<string, { exports: Exports }>();
  const builtIn = createRequire(join(folder, 'index.js'));
  const load = (file: string): Exports => {
    const present = loaded.get(file);
    if (present) return present.exports;
    const module = { exports: {} as Exports };
    loaded.set(file, module);
    const require = (name: string): unknown => {
      if (name in given) return given[name];
      if (!name.startsWith('.')) return builtIn(name);
      const wanted = resolve(dirname(file), name);
      const key = `./${wanted.slice(folder.length + 1)}`;
      return key in given ? given[key] : load(existsSync(`${wanted}.js`) ? `${wanted}.js` : wanted);
    };
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const body = compileFunction(readFileSync(file, 'utf8'), names, { filename: file });
    body(module.exports, require, module, file, dirname(file));
    return module.exports;
  };
  return (file) => load(resolve(folder, file));
}

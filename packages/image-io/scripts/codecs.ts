import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { UserConfig } from 'tsdown';

const require = createRequire(import.meta.url);

/** What is imported, and the file of `dist` that it becomes. */
const FILES: Record<string, string> = {
  '@cornerstonejs/codec-libjpeg-turbo-8bit/decode': 'libjpeg-turbo.js',
  '@cornerstonejs/codec-openjpeg/decode': 'openjpeg.js',
};
const NODE =
  'typeof process=="object"&&typeof process.versions=="object"&&typeof process.versions.node=="string"&&process.type!="renderer"';

/**
 * A codec as an ES module that names nothing of Node. emscripten has built it as CommonJS, and in a branch for Node it
 * requires `fs` and `path`, at which esbuild and webpack stop; what it decodes comes from memory, so that it loads nothing.
 */
function moduleOf(name: string): string {
  let code = readFileSync(require.resolve(name), 'utf8');
  const changes = {
    [NODE]: 'false',
    'require("fs")': 'undefined',
    'require("path")': 'undefined',
    __dirname: '""',
    // In a worker, webpack takes the question for answered and leaves the name.
    "if (typeof __filename != 'undefined') _scriptName = _scriptName || __filename;": '',
  };
  for (const [text, replacement] of Object.entries(changes)) {
    const found = code.split(text).length - 1;
    if (found !== 1) throw new Error(`${name}: must say ${text} once, to be changed to ${replacement}; got ${found}`);
    code = code.replace(text, replacement);
  }
  return [
    `// ${name}, for every runtime. Its licence is in THIRD-PARTY-NOTICES.md.`,
    'const module = { exports: {} };',
    'const exports = module.exports;',
    code,
    'export default module.exports;',
    '',
  ].join('\n');
}

/** Lays each codec beside the bundle, in a file of its own that is loaded when it is first needed. */
export function codecs(): UserConfig['plugins'] {
  return {
    name: 'codecs',
    resolveId(id) {
      return FILES[id] && { id: `./${FILES[id]}`, external: true };
    },
    generateBundle() {
      for (const [name, fileName] of Object.entries(FILES))
        this.emitFile({ type: 'asset', fileName, source: moduleOf(name) });
    },
  };
}

import type { UserConfig } from 'tsdown';

/**
 * Declaration files without the line that names a map: the sources that one would lead to are not shipped, and so no map
 * is. tsdown writes the line wherever it writes maps of the code.
 */
const withoutMapsOfDeclarations = {
  name: 'without-maps-of-declarations',
  generateBundle(_options: unknown, bundle: Record<string, { code?: string }>): void {
    for (const [file, chunk] of Object.entries(bundle))
      if (file.endsWith('.d.ts') && chunk.code)
        chunk.code = chunk.code.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
  },
};

/** The build that every package shares: one ES module and one declaration file for each entry. */
export function library(entry: string[] | Record<string, string> = ['src/index.ts']): UserConfig {
  return {
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: { sourcemap: false },
    sourcemap: true,
    fixedExtension: false,
    clean: true,
    plugins: [withoutMapsOfDeclarations],
  };
}

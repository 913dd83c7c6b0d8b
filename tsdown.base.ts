import type { UserConfig } from 'tsdown';

/** The build that every package shares: one ES module and one declaration file for each entry. */
export function library(entry: string[] | Record<string, string> = ['src/index.ts']): UserConfig {
  return {
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: { sourcemap: false }, // the sources that a map would lead to are not shipped
    sourcemap: true,
    fixedExtension: false,
    clean: true,
  };
}

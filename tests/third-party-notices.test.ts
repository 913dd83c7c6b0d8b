import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const folders = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
const published = folders
  .map((folder) => ({ folder, manifest: JSON.parse(read(folder, 'package.json')) }))
  .filter(({ manifest }) => !manifest.private);

/** Of what a package is developed with, what becomes no part of it. */
const isTool = (name: string): boolean => /^@(medseg|types|tensorflow)\/|^fast-check$/.test(name);

/** Packages with the dependencies that their builds copy into `dist`. */
const bundling = published
  .map(({ folder, manifest }) => ({
    folder,
    files: manifest.files as string[],
    dependencies: Object.keys(manifest.devDependencies ?? {}).filter((name) => !isTool(name)),
  }))
  .filter(({ dependencies }) => dependencies.length > 0);

const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

it.each(bundling)('$folder ships the licences of $dependencies', ({ folder, files, dependencies }) => {
  expect(files).toContain('THIRD-PARTY-NOTICES.md');
  const notices = read(folder, 'THIRD-PARTY-NOTICES.md');
  for (const name of dependencies) {
    const installed = join(root, folder, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    // Another version may have other holders or years: look at its licence before its number is changed here.
    expect(notices).toContain(`\`${name}\` ${version}`);
    for (const file of readdirSync(installed).filter((name) => /^(licen[cs]e|notice)/i.test(name)))
      expect(words(notices), `${name}/${file}`).toContain(words(readFileSync(join(installed, file), 'utf8')));
  }
});

it.each(published)('$folder has in dist what its own sources and these dependencies are', ({ folder }) => {
  const dist = join(root, folder, 'dist');
  const maps = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.map'));
  expect(maps.length).toBeGreaterThan(0);
  const named = bundling.find((package_) => package_.folder === folder)?.dependencies ?? [];
  for (const file of maps) {
    const { sources } = JSON.parse(readFileSync(join(dist, file), 'utf8')) as { sources: string[] };
    const foreign = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
    expect(named).toEqual(expect.arrayContaining(foreign));
  }
});

it('the notices of image-io name the files that its codecs are in', () => {
  const notices = read('packages/image-io/THIRD-PARTY-NOTICES.md');
  const dist = join(root, 'packages/image-io/dist');
  const codecs = readdirSync(dist).filter((file) =>
    readFileSync(join(dist, file), 'utf8').startsWith('// @cornerstone'),
  );
  expect(codecs).toHaveLength(2);
  for (const file of codecs) expect(notices).toContain(`\`dist/${file}\``);
});

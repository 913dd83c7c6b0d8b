import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dicomSyntaxes } from '../../packages/image-io/src/dicom/syntaxes.fixture.ts';
import { type Project, tools } from './project.ts';
import { publishedPackages } from './registry.ts';

/** What `programs/program.js` computes, and what each entry exports. */
export interface Outcome {
  backend: string;
  variant: string;
  losses: number[];
  probability: number[];
  voxels: Record<string, number[]>;
  exported: Record<string, string[]>;
}

/** Every entry that the packages export, as it is imported. */
export const entries: string[] = publishedPackages().flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {})
    .filter((key) => key !== './package.json')
    .map((key) => manifest.name + key.slice(1)),
);

/** Installs all packages and tools into one folder, with the programs; gives what they compute as ES modules in Node. */
export async function installEverything(project: Project): Promise<Outcome> {
  await project.install(
    ...publishedPackages().map(({ manifest }) => manifest.name),
    ...Object.entries(tools).map(([name, version]) => `${name}@${version}`),
  );
  cpSync(fileURLToPath(new URL('programs', import.meta.url)), project.folder, { recursive: true });
  const wasm = join(project.folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  mkdirSync(join(project.folder, 'public/tfjs'), { recursive: true });
  for (const file of readdirSync(wasm).filter((name) => name.endsWith('.wasm')))
    cpSync(join(wasm, file), join(project.folder, 'public/tfjs', file));
  project.write('public/dicom-files.json', JSON.stringify(dicomSyntaxes.map(({ name, base64 }) => ({ name, base64 }))));
  return JSON.parse(await project.run('node', 'esm.mjs')) as Outcome;
}

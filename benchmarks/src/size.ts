import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'tsdown';

// What a browser loads at its start of five programs: our code, kernels and tfjs, bundled, minified and gzipped. What is
// loaded later, when it is first needed, is not counted; neither is tfjs's .wasm file. And of one program our own part.

interface Program {
  readonly name: string;
  readonly source: string;
  /** Kilobytes that it may have: those of its first measurement and 5 %. */
  readonly limit: number;
  /** Counts all but tfjs. */
  readonly withoutTfjs?: boolean;
}

const network = `
import '@tensorflow/tfjs-layers';
import { register } from '@medseg/backend-wasm';
import { cosineSchedule, ddim } from '@medseg/diffusion';
import { segment } from '@medseg/inference';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';

await register();
const network = new AnchoredDiffusion({ imageSize: [64, 64] });
const schedule = cosineSchedule({ steps: 1000 });
const random = createRandom(1);
export const run = (images) =>
  segment(network, tf.tensor4d(images, [1, 64, 64, 3]), {
    scheduler: ddim(schedule, { predictionType: 'sample', timestepSpacing: 'trailing' }),
    steps: 3,
    members: 5,
    noise: (i, m) => random.fork(i).fork(m),
  });
`;

const programs: readonly Program[] = [
  {
    name: 'a schedule',
    source: `export { cosineSchedule } from '@medseg/diffusion/schedule';`,
    limit: 0.63,
  },
  { name: 'dice', source: `export { dice } from '@medseg/metrics';`, limit: 0.49 },
  { name: 'segment on WASM', source: network.replace("import '@tensorflow/tfjs-layers';\n", ''), limit: 211 },
  {
    name: 'train and segment on WASM',
    source: `${network}
import { anchoredRecipe, Trainer, train } from '@medseg/training';
export const learn = (batchAt) => train(new Trainer(anchoredRecipe(network, { schedule }), { seed: 1 }), { budget: { steps: 40 }, batchAt });`,
    limit: 216,
  },
  { name: 'decodeNifti', source: `export { decodeNifti } from '@medseg/image-io';`, limit: 7.1 },
  {
    name: 'segment on WASM, without tfjs',
    source: `${network.replace("import '@tensorflow/tfjs-layers';\n", '')}
export { decodeSafetensors } from '@medseg/weights';`,
    limit: 150,
    withoutTfjs: true,
  },
];

/** tfjs asks for these in Node alone; its package.json gives browsers nothing instead, as bundlers do here. */
const withoutNode = {
  name: 'without-node',
  resolveId: (id: string) => (nodeModules.has(id) ? `\0${id}` : null),
  load: (id: string) => (nodeModules.has(id.slice(1)) && id.startsWith('\0') ? 'export {}' : null),
};
const nodeModules = new Set([...builtinModules, 'node-fetch']);

/** Kilobytes, gzipped, of what the page loads first. */
async function sizeOf({ source, withoutTfjs }: Program, folder: string): Promise<number> {
  const entry = join(folder, 'main.js');
  const outDir = join(folder, 'out');
  writeFileSync(entry, source);
  await build({
    entry: [entry],
    outDir,
    config: false,
    platform: 'browser',
    format: 'esm',
    minify: true,
    dts: false,
    clean: true,
    logLevel: 'error',
    plugins: [withoutNode],
    deps: { neverBundle: withoutTfjs ? [/^@tensorflow\//] : [], alwaysBundle: [/.*/], onlyBundle: false },
  });
  const load = (file: string): string[] => {
    const imported = [
      ...readFileSync(join(outDir, file), 'utf8').matchAll(/(?:from|^import|;import)\s*"\.\/([^"]+)"/g),
    ];
    return [file, ...imported.flatMap(([, name]) => load(name!))];
  };
  const first = new Set(load(readdirSync(outDir).find((file) => /^main\.m?js$/.test(file))!));
  const bytes = [...first].map((file) => gzipSync(readFileSync(join(outDir, file)), { level: 9 }).length);
  return bytes.reduce((sum, size) => sum + size, 0) / 1000;
}

for (const program of programs) {
  // Inside this package, where its dependencies are found.
  const folder = mkdtempSync(fileURLToPath(new URL('../dist/size-', import.meta.url)));
  try {
    const size = await sizeOf(program, folder);
    const within = size <= program.limit;
    console.log(
      `${within ? 'ok  ' : 'MISS'} ${program.name}: ${size.toFixed(2)} kB gzipped (at most ${program.limit})`,
    );
    if (!within) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

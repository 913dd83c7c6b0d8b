import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'tsdown';

// What a browser loads to segment: our code and kernels, bundled, minified and gzipped, without tfjs.

const LIMIT = 150_000;

const program = `
import { register } from '@medseg/backend-wasm';
import { cosineSchedule, ddim } from '@medseg/diffusion';
import { segment } from '@medseg/inference';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { decodeSafetensors } from '@medseg/weights';
import { tensor } from "@tensorflow/tfjs-core";

/** An image and a file of weights in, masks out. */
export async function run(images, bytes, options) {
  await register();
  const network = new AnchoredDiffusion(options);
  const { tensors } = decodeSafetensors(bytes);
  for (const [name, variable] of [...network.encoderVariables(), ...network.denoiserVariables()]) {
    variable.assign(tensor(tensors.get(name).data, variable.shape));
  }
  const scheduler = ddim(cosineSchedule({ steps: 1000 }), { predictionType: 'sample', timestepSpacing: 'trailing' });
  const random = createRandom(1);
  return segment(network, images, { scheduler, steps: 3, members: 5, noise: (i, m) => random.fork(i).fork(m) });
}
`;

// Inside this package, where its dependencies are found.
const folder = mkdtempSync(fileURLToPath(new URL('../dist/size-', import.meta.url)));
try {
  const entry = join(folder, 'main.js');
  writeFileSync(entry, program);
  await build({
    entry: [entry],
    outDir: join(folder, 'out'),
    config: false,
    platform: 'browser',
    format: 'esm',
    minify: true,
    dts: false,
    clean: false,
    logLevel: 'error',
    deps: { neverBundle: [/^@tensorflow\//], alwaysBundle: [/.*/], onlyBundle: false },
  });
  const files = readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' }).filter((f) =>
    f.endsWith('.js'),
  );
  let total = 0;
  for (const file of files) {
    const bytes = readFileSync(join(folder, 'out', file));
    const zipped = gzipSync(bytes, { level: 9 }).length;
    total += zipped;
    console.log(`${file}: ${bytes.length} bytes, ${zipped} gzipped`);
  }
  console.log(`${total <= LIMIT ? 'ok  ' : 'MISS'} ${(total / 1000).toFixed(1)} kB gzipped (under ${LIMIT / 1000})`);
  process.exitCode = total < LIMIT ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

// Compiles kernels/ into two WebAssembly modules and writes them as base64 into src/generated/.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = `${root}src/generated`;

async function compile(relaxed) {
  const written = new Map();
  const { error, stderr } = await asc.main(
    [
      'kernels/index.ts',
      '--outFile',
      'kernels.wasm',
      '--optimizeLevel',
      '3',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--initialMemory',
      '1',
      '--use',
      'abort=',
      '--use',
      `RELAXED=${relaxed ? 1 : 0}`,
      '--enable',
      'simd',
      '--enable',
      'relaxed-simd', // for both: without RELAXED no such instruction is left after optimisation
    ],
    {
      readFile: (name, base) => readFile(`${base}/${name}`, 'utf8').catch(() => null),
      writeFile: (name, contents) => void written.set(name, contents),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(written.get('kernels.wasm'));
}

process.chdir(root);
await mkdir(generated, { recursive: true });
for (const [file, constant, relaxed] of [
  ['simd128.ts', 'simd128', false],
  ['relaxed-simd.ts', 'relaxedSimd', true],
]) {
  const bytes = await compile(relaxed);
  const text = `/** ${bytes.length} bytes of WebAssembly, base64; made by scripts/build-kernels.mjs from kernels/. */\nexport const ${constant}: string =\n  '${bytes.toString('base64')}';\n`;
  // Renamed into place, so that a test running at the same time reads the old file or the new one.
  await writeFile(`${generated}/${file}.${process.pid}.tmp`, text);
  await rename(`${generated}/${file}.${process.pid}.tmp`, `${generated}/${file}`);
}

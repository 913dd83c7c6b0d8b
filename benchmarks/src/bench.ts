import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// `npm run bench -- NAME …` runs benchmarks/src/NAME.ts, built, with the arguments that follow.

const notBenchmarks = ['attack.ts', 'backends.ts', 'bench.ts', 'parity.ts'];
const names = readdirSync(new URL('../src/', import.meta.url))
  .filter((file) => file.endsWith('.ts') && !notBenchmarks.includes(file))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`bench: there is no benchmark ${JSON.stringify(name)}`);
  console.error(`bench: give one of ${names.join(', ')}, as in: npm run bench -- ${names[0]}`);
  process.exit(2);
}
// A process of its own: benchmarks measure memory and choose backends.
const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
const { status, error } = spawnSync(process.execPath, [program, ...rest], { stdio: 'inherit' });
if (error) console.error(`bench: ${name}: ${error.message}`);
process.exitCode = status ?? 1;

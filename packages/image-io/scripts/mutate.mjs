// Runs src/mutations.test.ts with 200,000 broken files of each format, or as many as the first argument says;
// the formats that the second names, parted by commas, or all.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'packages/image-io/src/mutations.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    MEDSEG_MUTATIONS: process.argv[2] ?? '200000',
    ...(process.argv[3] && { MEDSEG_MUTATE_FORMATS: process.argv[3] }),
  },
});
process.exitCode = status ?? 1;

import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';

const packages = fileURLToPath(new URL('./packages', import.meta.url));

const config: ViteUserConfig = {
  resolve: {
    // Tests run on the sources: no build is needed to try a change.
    alias: [
      { find: /^@medseg\/([^/]+)$/, replacement: `${packages}/$1/src/index.ts` },
      { find: /^@medseg\/([^/]+)\/([^/]+)$/, replacement: `${packages}/$1/src/$2.ts` },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'examples/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: process.env.CI ? ['default', './tests/forbid-skips.ts'] : ['default'],
  },
};

export default config;

import type { ViteUserConfig } from 'vitest/config';

/** `npm run test:published`: it installs packages, so that it is no part of `npm test`. */
const config: ViteUserConfig = {
  root: import.meta.dirname,
  cacheDir: '../../node_modules/.vite',
  test: {
    globalSetup: './setup.ts',
    include: ['*.test.ts'],
    maxWorkers: 2,
    testTimeout: 400_000,
    hookTimeout: 400_000,
    reporters: process.env.CI ? ['default', '../forbid-skips.ts'] : ['default'],
  },
};

export default config;

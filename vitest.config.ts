import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';
import { browserProject } from './tests/browser/project.ts';

const packages = fileURLToPath(new URL('./packages', import.meta.url));

const resolve: ViteUserConfig['resolve'] = {
  // Tests run on the sources: no build is needed to try a change.
  alias: [
    { find: /^@medseg\/([^/]+)$/, replacement: `${packages}/$1/src/index.ts` },
    { find: /^@medseg\/([^/]+)\/([^/]+)$/, replacement: `${packages}/$1/src/$2.ts` },
  ],
};
const shared = { testTimeout: 60_000, hookTimeout: 60_000 };

const config: ViteUserConfig = {
  test: {
    maxWorkers: 2,
    reporters: process.env.CI ? ['default', './tests/forbid-skips.ts'] : ['default'],
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: 'node',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'examples/**/*.test.ts',
            'tests/**/*.test.ts',
          ],
          exclude: [
            '**/node_modules/**',
            '**/*.browser.test.ts',
            // Where a skip is a failure, the tests of the native library run if it was brought there alone.
            ...(process.env.CI && !process.env.MEDSEG_NATIVE ? ['**/*.native.test.ts'] : []),
          ],
        },
      },
      ...browserProject(resolve, shared),
    ],
  },
};

export default config;

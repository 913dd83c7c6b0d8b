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

const exclude = [
  '**/node_modules/**',
  '**/*.browser.test.ts',
  'tests/published/**', // npm run test:published
  // Where a skip is a failure, the tests of the native library run only if it was brought there.
  ...(process.env.CI && !process.env.MEDSEG_NATIVE ? ['**/*.native.test.ts'] : []),
];

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
          isolate: false, // tfjs and its gradients are imported once for each worker, not once for each file
          include: ['packages/*/src/**/*.test.ts'],
          exclude,
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'command',
          include: ['apps/*/src/**/*.test.ts', 'examples/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude,
        },
      },
      ...browserProject(resolve, shared),
    ],
  },
};

export default config;

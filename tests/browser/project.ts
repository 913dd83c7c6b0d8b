import { playwright } from '@vitest/browser-playwright';
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config';
import { CHROMIUM_ARGUMENTS, findChromium } from './chromium.ts';
import { sleepOnRequest } from './sleep-on-request.ts';
import { trainedRun } from './trained-run.ts';

/** The tests of operations, layers and training steps, once more in Chromium; empty where there is no Chromium. */
export function browserProject(
  resolve: ViteUserConfig['resolve'],
  shared: { testTimeout: number; hookTimeout: number },
): TestProjectInlineConfiguration[] {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    const message =
      'No Chromium found: the tests in the browser are left out. Install one (Debian: apt-get install chromium) or name it in CHROMIUM_PATH.';
    if (process.env.CI) throw new Error(message);
    process.stderr.write(`${message}\n`);
    return [];
  }
  return [
    {
      resolve: { ...resolve, dedupe: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'] },
      // All that the tests load, named beforehand: one that is found on the way reloads the page in the middle of a test.
      optimizeDeps: {
        include: [
          '@tensorflow/tfjs-core',
          '@tensorflow/tfjs-layers',
          '@tensorflow/tfjs-backend-cpu',
          '@tensorflow/tfjs-backend-wasm',
          '@tensorflow/tfjs-backend-webgl',
          '@tensorflow/tfjs-backend-webgpu',
          'fast-check',
          'pure-rand/generator/xoroshiro128plus',
        ],
      },
      plugins: [sleepOnRequest],
      // Isolation from other origins is what SharedArrayBuffer asks for.
      server: {
        headers: {
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Cross-Origin-Embedder-Policy': 'require-corp',
          'Cross-Origin-Resource-Policy': 'same-origin',
        },
      },
      test: {
        ...shared,
        name: 'chromium',
        isolate: false, // what a backend has compiled for one file serves the next
        include: [
          'packages/ops/src/**/*.test.ts',
          // Every layer in each of its forms, as it is on wasm, whose numbers the tests in Node prove; and what training changes.
          'packages/layers/src/{every-layer,convolution-block,dropout}.test.ts',
          'packages/training/src/training-step.test.ts',
          'packages/*/src/**/*.browser.test.ts',
        ],
        exclude: ['**/node_modules/**'],
        browser: {
          enabled: true,
          fileParallelism: false, // one page, beside the two workers in Node: what one file has compiled serves the next
          headless: true,
          screenshotFailures: false,
          api: { host: '127.0.0.1' },
          commands: { trainedRun },
          provider: playwright({ launchOptions: { executablePath, args: CHROMIUM_ARGUMENTS } }),
          instances: [{ browser: 'chromium' }],
        },
      },
    },
  ];
}

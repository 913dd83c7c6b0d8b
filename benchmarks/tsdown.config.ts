import type { UserConfig } from 'tsdown';
import { library } from '../tsdown.base.ts';

const config: UserConfig[] = [
  // Every file right under src is a program.
  { ...library(['src/*.ts']), platform: 'node', dts: false },
  // What `npm run attack` starts as processes, or loads into them.
  { ...library(['src/attack/host.ts', 'src/attack/preload.ts']), outDir: 'dist/attack', platform: 'node', dts: false },
  // What Chromium runs for `npm run backends`: one file with everything in it.
  {
    ...library(['src/backends/page/page.ts']),
    outDir: 'dist/page',
    platform: 'browser',
    dts: false,
    sourcemap: false,
    // Modules of Node that tfjs asks for in Node alone are left as they are: a page never reaches them.
    deps: { alwaysBundle: [/./], neverBundle: ['util', 'crypto', 'fs', 'path', 'worker_threads', 'perf_hooks'] },
    inputOptions: { resolve: { aliasFields: [[]] } },
  },
];

export default config;

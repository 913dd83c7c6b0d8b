// Runs the tests of the native backend, operations and layers on other versions of Node, which npm's package `node` brings.
// npm run test:native-nodes [-- 22 24]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const tests = [
  'packages/backend-native/src/register.native.test.ts',
  'packages/backend-native/src/fused-kernels.native.test.ts',
  'packages/ops',
  'packages/layers',
  'packages/training/src/training-step.test.ts',
];

for (const version of versions) {
  const folder = mkdtempSync(join(tmpdir(), 'medseg-node-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    run('npm', ['install', `node@${version}`, '--no-audit', '--no-fund', '--silent'], folder);
    const node = join(folder, 'node_modules', 'node', 'bin', 'node');
    const found = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
    if (!found.startsWith(`v${version}.`)) throw new Error(`npm's package node@${version} is ${found || 'no Node'}`);
    console.log(`== Node ${found}`);
    const env = {
      ...process.env,
      MEDSEG_NATIVE: 'only',
      PATH: `${join(folder, 'node_modules', 'node', 'bin')}:${process.env.PATH}`,
    };
    run(
      node,
      ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', '--project', 'command', ...tests],
      root,
      env,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command, args, cwd, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (status !== 0) {
    console.error(
      `test:native-nodes: ${command} ${args.slice(0, 2).join(' ')}: ${error?.message ?? `exit code ${status}`}`,
    );
    process.exitCode = 1;
    throw new Error('stopped');
  }
}

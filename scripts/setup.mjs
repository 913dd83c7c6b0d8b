// Installs and builds what is missing or stale; needs Node and npm and nothing else.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const binaries = join(root, 'node_modules', '.bin');
const { packageManager, engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`setup: Node ${engines.node} is needed, this is ${process.version}`);
  process.exit(1);
}

/** Runs a step quietly; shows what it printed only when it fails. */
function step(title, command, args) {
  const started = performance.now();
  process.stdout.write(`${title} … `);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      PATH: `${binaries}${delimiter}${process.env.PATH}`, // turbo looks for pnpm there
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
      npm_config_update_notifier: 'false',
    },
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.log('failed');
    console.error(error?.message ?? `${stdout}\n${stderr}`);
    process.exit(status || 1);
  }
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
}

step('installing', 'npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--prefer-offline']);
step('building', 'node', [
  'node_modules/turbo/bin/turbo',
  'run',
  'build',
  '--output-logs=errors-only',
  '--no-update-notifier',
]);

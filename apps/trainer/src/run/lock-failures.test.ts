import { spawnSync } from 'node:child_process';
import type * as fs from 'node:fs';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../run-cli.fixture.ts';
import { output } from '../terminal/output.ts';
import { isLeftOver } from './left-overs.ts';
import { isLock, LOCK_FILE, withRunLock } from './lock.ts';
import { ownIdentity } from './process-identity.ts';

/** How many calls that change files are let through before one fails. */
const calls = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>();
  const failing = <K extends 'openSync' | 'writeFileSync' | 'renameSync'>(name: K): (typeof real)[K] =>
    ((...args: never[]) => {
      if (calls.left-- === 0)
        throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: name });
      return (real[name] as (...given: never[]) => unknown)(...args);
    }) as never;
  return {
    ...real,
    ...Object.fromEntries((['openSync', 'writeFileSync', 'renameSync'] as const).map((n) => [n, failing(n)])),
  };
});

/** More than it takes to take over a lock. */
const MOST_CALLS = 20;
const folder = temporaryFolder();
const out = join(folder, 'run');
const lock = join(out, LOCK_FILE);
vi.spyOn(output, 'remark').mockImplementation(() => {});
/** The lock of a process that has ended. */
const ended = spawnSync(process.execPath, ['-e', '']).pid;
const stale = JSON.stringify({ ...ownIdentity(), pid: ended, started: '1' });

beforeEach(() => rmSync(out, { recursive: true, force: true }));

it('knows what a process has left after a failure at any call while its lock was taken over', async () => {
  let failures = 0;
  for (let k = 0; k < MOST_CALLS; k++) {
    calls.left = Number.POSITIVE_INFINITY;
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    writeFileSync(lock, stale);
    writeFileSync(join(out, `.run.json.${ended}.2.tmp`), '{');
    calls.left = k;
    const failed = await withRunLock(out, async () => 'in').then(
      () => false,
      () => true,
    );
    calls.left = Number.POSITIVE_INFINITY;
    expect(isLeftOver(out), `call ${k}: ${readdirSync(out)}`).toBe(true);
    for (const name of readdirSync(out).filter(isLock)) writeFileSync(join(out, name), stale); // this process, too, ends
    expect(await withRunLock(out, async () => JSON.parse(readFileSync(lock, 'utf8')).pid)).toBe(process.pid);
    if (failed) failures++;
  }
  expect(failures).toBeGreaterThan(3);
  expect(existsSync(`${lock}.takeover`)).toBe(false);
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../run-cli.fixture.ts';
import { output } from '../terminal/output.ts';
import { LOCK_FILE, withRunLock } from './lock.ts';
import { ownIdentity } from './process-identity.ts';

const folder = temporaryFolder();
const out = join(folder, 'a', 'run');
const lock = join(out, LOCK_FILE);
const said = vi.spyOn(output, 'remark').mockImplementation(() => {});

/** A process that has ended: its number is free, or was given to another. */
const ended = spawnSync(process.execPath, ['-e', '']).pid;
const left = (change: object = {}): void => {
  mkdirSync(out, { recursive: true });
  writeFileSync(lock, JSON.stringify({ ...ownIdentity(), pid: ended, started: '1', ...change }));
};
const secondsAgo = (seconds: number): void => {
  const then = new Date(Date.now() - 1000 * seconds);
  utimesSync(lock, then, then);
};

beforeEach(() => rmSync(join(folder, 'a'), { recursive: true, force: true }));
afterEach(() => said.mockClear());

describe('withRunLock', () => {
  it('makes the folder, and removes it with the lock where it stays empty', async () => {
    const seen = await withRunLock(out, async () => readdirSync(out));
    expect(seen).toEqual([LOCK_FILE]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what the work has written, and a folder that was there', async () => {
    mkdirSync(out, { recursive: true });
    await withRunLock(out, async () => {});
    expect(readdirSync(out)).toEqual([]);
    await withRunLock(out, async () => writeFileSync(join(out, 'run.json'), '{}'));
    expect(readdirSync(out)).toEqual(['run.json']);
  });

  it('stays where the work failed and left part of a run that is not begun, for the next process to know it by', async () => {
    const failing = withRunLock(out, async () => {
      writeFileSync(join(out, '.run.json.4.2.tmp'), '{');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readdirSync(out).sort()).toEqual(['.run.json.4.2.tmp', LOCK_FILE]);
    rmSync(out, { recursive: true });
    await withRunLock(out, async () => writeFileSync(join(out, 'thesis.doc'), 'text'));
    expect(readdirSync(out)).toEqual(['thesis.doc']);
  });

  it('lets one in, also of two in one process, and the next after an error', async () => {
    await withRunLock(out, async () => {
      const inner = withRunLock(out, async () => {});
      await expect(inner).rejects.toThrow(`${out}: process ${process.pid} works on this run; wait for its end`);
      expect(existsSync(lock)).toBe(true);
    });
    const failing = withRunLock(out, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await withRunLock(out, async () => 'in')).toBe('in');
    expect(said).not.toHaveBeenCalled();
  });

  it.each([
    ['a process that has ended', {}],
    ['another process that has its number now', { pid: process.pid }],
    ['a start of the machine before this one', { pid: process.pid, boot: 'another' }],
  ])('takes over the lock of %s, and says so', async (_, change) => {
    left(change);
    expect(await withRunLock(out, async () => JSON.parse(readFileSync(lock, 'utf8')).pid)).toBe(process.pid);
    expect(said.mock.calls).toEqual([
      [expect.stringMatching(/^note: process \d+ worked on .* its lock is taken over$/)],
    ]);
    expect(readdirSync(out)).toEqual([]);
  });

  it.each([
    ['another machine', { host: 'elsewhere' }],
    ['another container', { namespace: 'pid:[1]' }],
  ])('of %s takes over a lock only after an hour without a sign of life', async (_, change) => {
    left(change);
    secondsAgo(120);
    await expect(withRunLock(out, async () => {})).rejects.toThrow(
      /by a sign of life 2m 00s ago; if it has ended, delete run\.lock there$/,
    );
    secondsAgo(3700);
    expect(await withRunLock(out, async () => 'in')).toBe('in');
  });

  it('takes a lock that is no lock for one that is being written, for a moment', async () => {
    left();
    writeFileSync(lock, '{"pid":');
    await expect(withRunLock(out, async () => {})).rejects.toThrow('is beginning to work on this run');
    secondsAgo(20);
    expect(await withRunLock(out, async () => 'in')).toBe('in');
  });

  it('takes over from processes that ended while they took it over', async () => {
    const stale = JSON.stringify({ ...ownIdentity(), pid: ended, started: '1' });
    left();
    writeFileSync(`${lock}.takeover`, stale);
    writeFileSync(`${lock}.takeover.takeover`, stale);
    expect(await withRunLock(out, async () => readdirSync(out))).toEqual([LOCK_FILE]);
    expect(said).toHaveBeenCalledTimes(1);
    // The one before had removed the lock by then.
    mkdirSync(out, { recursive: true });
    writeFileSync(`${lock}.takeover`, stale);
    expect(await withRunLock(out, async () => readdirSync(out))).toEqual([LOCK_FILE]);
    expect(said).toHaveBeenCalledTimes(2);
    // One that still runs.
    left();
    writeFileSync(`${lock}.takeover`, JSON.stringify(ownIdentity()));
    await expect(withRunLock(out, async () => {})).rejects.toThrow(`process ${process.pid} works on this run`);
    expect(readdirSync(out).sort()).toEqual([LOCK_FILE, `${LOCK_FILE}.takeover`]);
  });

  it('names a folder that is in its place', async () => {
    mkdirSync(lock, { recursive: true });
    await expect(withRunLock(out, async () => {})).rejects.toThrow(
      `${lock}: must be the file that says which process works on this run, got a folder; delete it`,
    );
    expect(existsSync(lock)).toBe(true);
  });

  it('lets one of many take over', async () => {
    left();
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        withRunLock(out, () => new Promise((resolve) => setTimeout(() => resolve('in'), 50))),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'medseg-lock-'));
const file = join(folder, 'lock');
afterAll(() => rmSync(folder, { recursive: true }));

describe('withLock', () => {
  it('lets one at a time in, and tells the others whom they wait for', async () => {
    let inside = 0;
    let most = 0;
    const holders: string[] = [];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(30);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, work, { onWait: (holder) => holders.push(holder) })));
    expect(most).toBe(1);
    expect(holders).toHaveLength(2);
    expect(holders[0]).toContain(String(process.pid));
    expect(existsSync(file)).toBe(false);
  });

  it('is released by a failure', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });

  it('takes over from a process that is no more, and from none that lives', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(file, JSON.stringify({ pid: gone, host: hostname() }));
    const all = await Promise.all([1, 2].map((k) => withLock(file, async () => k)));
    expect(all).toEqual([1, 2]);
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }));
    await expect(withLock(file, async () => 1, { timeout: 100 })).rejects.toThrow(
      `process ${process.pid} on ${hostname()} has been installing for too long; if it is no more, delete ${file}`,
    );
    rmSync(file);
  });

  it('names a folder that is in its place', async () => {
    mkdirSync(file);
    await expect(withLock(file, async () => 1)).rejects.toThrow(
      `native install: ${file} must be the file that says which process installs, got a folder; delete it`,
    );
    rmSync(file, { recursive: true });
  });

  it.each(['null', '[]', '{', '{"pid":-1,"host":"h"}', '{"pid":"1"}'])(
    'takes over from what is no lock: %s',
    async (text) => {
      writeFileSync(file, text);
      await expect(withLock(file, async () => 1, { timeout: 100 })).rejects.toThrow(/has been installing for too long/);
      const old = Date.now() / 1000 - 11;
      utimesSync(file, old, old);
      expect(await withLock(file, async () => 1)).toBe(1);
    },
  );
});

import { existsSync, readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { type InstallOptions, install } from './install.ts';
import { cachedInstalls } from './installs.ts';

/** An install ends with a message of one line and leaves nothing but what the next download goes on from. */
export async function expectFailedInstall(cache: string, options: InstallOptions, message: RegExp): Promise<void> {
  const error = await install(options).then(
    () => undefined,
    (e: Error) => e,
  );
  expect(error?.message).toMatch(message);
  expect(error?.message).not.toContain('\n');
  expect(cachedInstalls()).toEqual([]);
  expect(existsSync(cache) ? readdirSync(cache).filter((entry) => entry !== '.downloads') : []).toEqual([]);
  expect(existsSync(`${cache}.lock`)).toBe(false);
}

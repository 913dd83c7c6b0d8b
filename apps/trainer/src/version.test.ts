import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runCli } from './run-cli.fixture.ts';
import { footerText, VERSION } from './version.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

it('medseg --version prints the version of the package, and leaves the option to medseg native install', async () => {
  expect(await runCli('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect(await runCli('-V')).toMatchObject({ code: 0, stdout: `${version}\n` });
  const install = await runCli('native', 'install', '--version', 'two');
  expect(install).toMatchObject({ code: 2, stdout: '' });
  expect(install.stderr).toContain('three numbers');
});

it('dates pages to the minute, in a time zone that it names', () => {
  expect(VERSION).toBe(version);
  expect(footerText(new Date('2026-03-01T09:05:59Z'))).toContain(`medseg ${version} on 2026-03-01 09:05 UTC`);
});

import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { chooseBackend } from './backend.ts';
import { commandWords, resumeCommand, shellCommand } from './shell-command.ts';

describe('shellCommand', () => {
  it('leaves plain paths as they are', () => {
    expect(shellCommand(['medseg', 'train', '--out', 'runs/a-b_1.2'], 'linux')).toBe('medseg train --out runs/a-b_1.2');
  });

  it
    .skipIf(process.platform === 'win32')
    .each(['my run', "it's", 'a"b', '$HOME', 'a;b', 'ünïcode ß', '', 'new\nline', '~'])(
    'gives a shell %j back as one word',
    (text) => {
      const line = shellCommand(['printf', '%s|', text, 'end']);
      expect(execFileSync('sh', ['-c', line]).toString()).toBe(`${text}|end|`);
    },
  );

  it('quotes with double quotes on Windows', () => {
    expect(shellCommand(['medseg', 'C:\\runs\\a', 'C:\\my runs'], 'win32')).toBe('medseg C:\\runs\\a "C:\\my runs"');
  });
});

describe('commandWords', () => {
  it.each([
    [{}, 'medseg'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: "'medseg'" }, 'npx @medseg/trainer'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: 'medseg' }, 'npx @medseg/trainer'],
    [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: "'vitest'" }, 'medseg'],
    [{ npm_lifecycle_event: 'demo', npm_lifecycle_script: 'medseg demo' }, 'medseg'],
  ])('of %j: %s', (env, words) => {
    expect(commandWords(env).join(' ')).toBe(words);
  });
});

describe('resumeCommand', () => {
  const before = process.env.MEDSEG_BACKEND;
  afterEach(() => {
    if (before === undefined) delete process.env.MEDSEG_BACKEND;
    else process.env.MEDSEG_BACKEND = before;
  });

  it('keeps the backend that was asked for, by option or by environment', () => {
    delete process.env.MEDSEG_BACKEND;
    chooseBackend(undefined);
    expect(resumeCommand('runs/a')).toBe('medseg train --resume --out runs/a');
    process.env.MEDSEG_BACKEND = 'auto';
    chooseBackend(undefined);
    expect(resumeCommand('runs/a')).toBe('medseg train --resume --out runs/a --backend auto');
    chooseBackend('wasm');
    expect(resumeCommand('runs/a')).toBe('medseg train --resume --out runs/a --backend wasm');
  });
});

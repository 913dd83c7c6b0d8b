import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { programs, writeProgram } from './readmes/programs.ts';

/** Programs lie here while they run, so that they resolve the packages as a user's would. */
const generated = fileURLToPath(new URL('generated', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'medseg-readme-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(generated, { recursive: true, force: true });
});

const running = programs.filter(
  (program) => program.runs && (!program.folder.endsWith('backend-native') || process.env.MEDSEG_NATIVE), // needs the library installed
);

it.each(running)('$name runs and prints what it says', (program) => {
  const file = writeProgram(program, join(generated, program.name.replaceAll(/\W/g, '-')));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const lines = stdout.split('\n');
  for (const [, said] of program.modules[0]!.text.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)) {
    const rounded = Number(said);
    const found = lines.some((line) => line === said || Math.abs(Number(line) - rounded) < 5e-4);
    expect(found, `${said} among\n${stdout}`).toBe(true);
  }
});

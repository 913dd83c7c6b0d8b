import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Programs lie here while they run, so that they resolve the packages as a user's would. */
const programs = join(root, 'tests', 'generated');
const folder = mkdtempSync(join(tmpdir(), 'medseg-readme-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(programs, { recursive: true, force: true });
});

function programsOf(readme: string): string[] {
  return [...readme.matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1]!);
}

const names = ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))];
for (const name of names) {
  if (name.endsWith('backend-native') && !process.env.MEDSEG_NATIVE) continue; // needs the library installed
  let readme: string;
  try {
    readme = readFileSync(join(root, name, 'README.md'), 'utf8');
  } catch {
    continue;
  }
  const found = programsOf(readme);
  if (found.length === 0) continue;
  describe(`${name}/README.md`, () => {
    it.each(found.map((program, i) => [i + 1, program] as const))(
      'program %i runs and prints what it says',
      (i, program) => {
        mkdirSync(programs, { recursive: true });
        const file = join(programs, `${name.replaceAll(/\W/g, '-')}-${i}.mjs`);
        writeFileSync(file, program);
        const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
        expect(status, stderr).toBe(0);
        const lines = stdout.split('\n');
        for (const [, said] of program.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)) {
          const rounded = Number(said);
          const found = lines.some((line) => line === said || Math.abs(Number(line) - rounded) < 5e-4);
          expect(found, `${said} among\n${stdout}`).toBe(true);
        }
      },
    );
  });
}

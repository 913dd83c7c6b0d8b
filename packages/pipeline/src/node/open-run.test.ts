import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunError } from '../errors.ts';
import { openRun, openRunFolder } from './open-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'medseg-open-run-'));
  for (const file of ['run.json', 'model.safetensors']) await writeFile(join(folder, file), '{}');
});
afterAll(() => rm(folder, { recursive: true }));

it('says that a run is given by its folder', async () => {
  const file = join(folder, 'run.json');
  await expect(openRun(file)).rejects.toThrow(
    new RunError(`${file}: a run must be given by its folder, ${folder}, got a file in it`),
  );
  await expect(openRunFolder(file)).rejects.toThrow(
    new RunError(`${file}: the run must be given by its folder, got a file`),
  );
  const weights = join(folder, 'model.safetensors');
  await expect(openRunFolder(weights)).rejects.toThrow(
    new RunError(
      `${weights}: the run must be given by its folder, got a file; a file of medseg export has no patients, and can only segment`,
    ),
  );
  await expect(openRun(undefined as never)).rejects.toThrow('openRun: path must be a string, got undefined');
});

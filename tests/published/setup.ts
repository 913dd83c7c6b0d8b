import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installEverything, type Outcome } from './outcome.fixture.ts';
import { Project } from './project.ts';
import { startRegistry } from './registry.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the registry of the test answers, and a folder for the projects. */
    registry: string;
    projects: string;
    /** The folder of the project that has everything, and what its programs compute in Node. */
    everything: string;
    expected: Outcome;
    /** What each package is known by, by name. */
    integrities: Record<string, string>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'medseg-published-'));
  const { url, server, integrities } = await startRegistry(join(folder, 'tarballs'));
  project.provide('registry', url);
  project.provide('projects', folder);
  project.provide('integrities', integrities);
  const everything = join(folder, 'everything');
  project.provide('everything', everything);
  project.provide('expected', await installEverything(new Project(everything, url)));
  return async () => {
    server.close();
    server.closeAllConnections();
    // Not rmSync: while it removes the projects, for longer than the workers have to end, none of their ends is heard.
    await rm(folder, { recursive: true, force: true });
  };
}

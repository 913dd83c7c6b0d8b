import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { programs, writeProgram } from '../readmes/programs.ts';
import { Project } from './project.ts';
import { root } from './registry.ts';

/** READMEs with the line that installs what they need, and the programs that run as they stand. */
const readmes = [...new Set(programs.map(({ folder }) => folder))]
  .filter((folder) => folder !== 'packages/backend-native') // needs TensorFlow's own library
  .map((folder) => ({
    folder,
    programs: programs.filter((program) => program.folder === folder && program.runs),
    names: /^npm install (.*)$/m.exec(readFileSync(join(root, folder, 'README.md'), 'utf8'))![1]!.split(' '),
  }));

it('the READMEs have programs', () => {
  expect(readmes.length).toBeGreaterThan(14);
  for (const { folder, programs } of readmes) expect(programs.length, folder).toBeGreaterThan(0);
});

it.each(readmes)(
  'after its own install line every program of $folder/README.md runs',
  async ({ folder, programs, names }) => {
    const project = new Project(join(inject('projects'), folder.replaceAll(/\W/g, '-')), inject('registry'));
    await project.install(...names);
    for (const program of programs) {
      await project.run('node', writeProgram(program, join(project.folder, program.name.replaceAll(/\W/g, '-'))));
    }
  },
);

it('after npm install @medseg/trainer npx trains on threads, segments and reports', async () => {
  const project = new Project(join(inject('projects'), 'command'), inject('registry'));
  await project.install('@medseg/trainer');
  project.write(
    'phantom.js',
    `import { writePhantom } from '@medseg/datasets/node';
     await writePhantom('phantom', { patients: 6, slicesPerPatient: 1, size: 32, seed: 1 });`,
  );
  await project.run('node', 'phantom.js');
  const medseg = (...args: string[]) => project.run('npx', '--no-install', '@medseg/trainer', ...args);
  const network = ['encoderChannels=[4,8]', 'denoiserChannels=[4,8]', 'timeChannels=8', 'heads=2', 'groups=2'];
  const settings = [
    'data.imageSize=[16,16]',
    'training.batchSize=2',
    ...network.map((setting) => `network.${setting}`),
  ];
  const set = settings.flatMap((setting) => ['--set', setting]);
  await medseg('train', '--data', 'phantom', '--out', 'run', '--steps', '8', '--workers', '2', ...set);
  expect(readFileSync(join(project.folder, 'run/report.html'), 'utf8')).toContain('<svg');
  const [image] = readdirSync(join(project.folder, 'phantom'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tif') && !file.endsWith('_mask.tif'))
    .sort();
  await medseg('segment', join('phantom', image!), '--run', 'run', '--out', 'masks');
  expect(readdirSync(join(project.folder, 'masks')).filter((file) => /_mask\.\w+$/.test(file))).toHaveLength(1);
  expect(await medseg('--help')).toMatch(/^Usage: npx @medseg\/trainer /);
});

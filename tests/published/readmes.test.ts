import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { Project } from './project.ts';
import { root } from './registry.ts';

/** READMEs with the line that installs what they need, and the programs that run as they stand. */
const readmes = ['.', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]
  .filter((folder) => existsSync(join(root, folder, 'README.md')))
  .filter((folder) => folder !== 'packages/backend-native') // needs TensorFlow's own library
  .map((folder) => {
    const text = readFileSync(join(root, folder, 'README.md'), 'utf8');
    const programs = [...text.matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1]!);
    return { folder, programs, names: /^npm install (.*)$/m.exec(text)![1]!.split(' ') };
  });

it('the READMEs have programs', () => {
  for (const { folder, programs } of readmes) expect(programs.length, folder).toBeGreaterThan(0);
});

it.each(readmes)(
  'after its own install line every program of $folder/README.md runs',
  async ({ folder, programs, names }) => {
    const project = new Project(join(inject('projects'), folder.replaceAll(/\W/g, '-')), inject('registry'));
    await project.install(...names);
    for (const [i, program] of programs.entries()) {
      project.write(`program-${i + 1}.mjs`, program);
      await project.run('node', `program-${i + 1}.mjs`);
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

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { programs } from '../readmes/programs.ts';
import { check } from './check.fixture.ts';
import { entries, type Outcome } from './outcome.fixture.ts';
import { Project } from './project.ts';
import { publishedPackages } from './registry.ts';

const project = new Project(inject('everything'), inject('registry'));
const expected = inject('expected');
const packages = publishedPackages();

describe('in Node', () => {
  it('every package is installed from the registry of the test', () => {
    const { packages: locked } = JSON.parse(readFileSync(join(project.folder, 'package-lock.json'), 'utf8'));
    const integrities = inject('integrities');
    expect(Object.keys(integrities)).toHaveLength(packages.length);
    for (const [name, integrity] of Object.entries(integrities))
      expect(locked[`node_modules/${name}`], name).toMatchObject({ integrity });
  });

  it('every source map that a file names is shipped', () => {
    const scope = join(project.folder, 'node_modules/@medseg');
    const files = readdirSync(scope, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /dist.*\.(js|d\.ts)$/.test(file),
    );
    expect(files.length).toBeGreaterThan(packages.length);
    for (const file of files) {
      const map = /^\/\/# sourceMappingURL=(.*)$/m.exec(readFileSync(join(scope, file), 'utf8').slice(-300))?.[1];
      if (map) expect(existsSync(join(scope, dirname(file), map)), `${file} names ${map}`).toBe(true);
    }
  });

  it('the oldest tfjs that the packages allow computes the same', async () => {
    const oldest = new Project(join(inject('projects'), 'oldest'), inject('registry'));
    const names = ['backend-wasm', 'datasets', 'image-io', 'inference', 'models', 'random', 'training'];
    const tfjs = ['core', 'layers', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}@4.20.0`);
    await oldest.install(...names.map((name) => `@medseg/${name}`), ...tfjs);
    cpSync(join(project.folder, 'program.js'), join(oldest.folder, 'program.js'));
    oldest.write('main.js', "import { run } from './program.js';\nconsole.log(JSON.stringify(await run([])));");
    const { losses, probability } = JSON.parse(await oldest.run('node', 'main.js')) as Outcome;
    expect(losses).toEqual(expected.losses);
    expect(probability).toEqual(expected.probability);
  });

  it('ES modules train, segment and decode', () => {
    // One list, so that a new entry is bundled too.
    const inBrowsers = entries.filter((name) => !name.endsWith('/node') && name !== '@medseg/backend-native');
    expect(Object.keys(expected.exported)).toEqual(inBrowsers);
    for (const [entry, names] of Object.entries(expected.exported)) expect(names.length, entry).toBeGreaterThan(0);
    const [first, last] = [expected.losses.slice(0, 3), expected.losses.slice(3, 6)];
    expect(Math.max(...last), `${expected.losses}`).toBeLessThan(Math.min(...first));
    check(expected, expected);
  });

  it('CommonJS requires every entry, and shares tfjs with it', async () => {
    project.write(
      'commonjs.cjs',
      `const names = ${JSON.stringify(entries)};
       const sizes = names.map((name) => Object.keys(require(name)).length);
       const tf = require('@tensorflow/tfjs-core');
       require('@tensorflow/tfjs-backend-cpu');
       const { mseLoss } = require('@medseg/diffusion');
       const loss = mseLoss(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 2]])).dataSync()[0];
       const { version } = require('@medseg/ops/package.json');
       console.log(JSON.stringify({ sizes, loss, version }));`,
    );
    const { sizes, loss, version } = JSON.parse(await project.run('node', 'commonjs.cjs'));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(loss).toBe(2);
    expect(version).toBe(packages[0]!.manifest.version);
  });

  it.each(['bundled', 'external'])('what Vite has built for a server runs, its packages %s', async (kind) => {
    const ssr = kind === 'bundled' ? 'ssr: { noExternal: [/^@medseg/] }, ' : '';
    const config = `export default { ${ssr}build: { ssr: 'esm.mjs', outDir: 'server-${kind}', copyPublicDir: false } };`;
    project.write(`vite-${kind}.config.js`, config);
    await project.run('vite', 'build', '--config', `vite-${kind}.config.js`, '--logLevel', 'error');
    check(JSON.parse(await project.run('node', `server-${kind}/esm.js`)), expected);
  });
});

it.each([
  ['NodeNext', 'NodeNext', 'NodeNext'],
  ['Bundler', 'ESNext', 'Bundler'],
])(
  'TypeScript compiles every entry and every program of a README, strict, with %s',
  async (name, module, moduleResolution) => {
    project.write(
      `every-entry.mts`,
      `${entries.map((entry, i) => `import * as e${i} from '${entry}';`).join('\n')}
     export const count: number = [${entries.map((_, i) => `e${i}`).join()}].length;`,
    );
    const readmes = programs.flatMap(({ modules }, i) => {
      mkdirSync(join(project.folder, `readme-${i}`), { recursive: true });
      return modules.map(({ file, text }) => {
        const name = join(`readme-${i}`, file.replace(/\.js$/, '.ts'));
        project.write(name, text);
        return name;
      });
    });
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2022', 'DOM', 'DOM.Iterable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      module,
      moduleResolution,
    };
    const files = ['types.ts', 'every-entry.mts', ...readmes];
    project.write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files }));
    const said = await project.run('tsc', '-p', `tsconfig.${name}.json`).catch((error: Error) => error.message);
    const errors = said.split('\n').filter((line) => /\(\d+,\d+\): error/.test(line));
    // tfjs-layers 4.22 declares two classes that do not compile under strict; everything else must.
    expect(errors.filter((line) => !line.startsWith('node_modules/@tensorflow/tfjs-layers/'))).toEqual([]);
    expect(errors).toHaveLength(2);
  },
);

// Which package may import what. `npm run lint` checks it; CONTRIBUTING gives the reasons.

import { builtinModules } from 'node:module';
import { entries } from './scripts/source-aliases.mjs';

/**
 * Package by package: the siblings and the parts of tfjs that it may import. `node: 'entry'` allows modules of Node in
 * what only its entry `./node` reaches, `node: 'everywhere'` in all of it.
 */
const packages = {
  arguments: { siblings: [] },
  random: { siblings: [] },
  workers: { siblings: ['arguments'], node: 'entry' },
  'image-io': { siblings: ['arguments'], node: 'entry' },
  weights: { siblings: ['arguments'] },
  metrics: { siblings: ['arguments', 'random'] },
  datasets: { siblings: ['arguments', 'image-io', 'random', 'workers'], node: 'entry' },
  report: { siblings: ['arguments', 'metrics', 'image-io'] },
  ops: { siblings: ['arguments', 'random'], tfjs: ['tfjs-core'] },
  'backend-wasm': { siblings: ['ops'], tfjs: ['tfjs-core', 'tfjs-backend-wasm'] },
  'backend-native': { siblings: ['ops'], tfjs: ['tfjs-core'], node: 'everywhere' },
  diffusion: { siblings: ['arguments', 'ops', 'random'], tfjs: ['tfjs-core'] },
  layers: { siblings: ['arguments', 'ops', 'random'], tfjs: ['tfjs-core', 'tfjs-layers'] },
  models: { siblings: ['arguments', 'layers', 'ops', 'diffusion'], tfjs: ['tfjs-core', 'tfjs-layers'] },
  training: {
    siblings: ['arguments', 'diffusion', 'weights', 'workers', 'ops', 'random'],
    tfjs: ['tfjs-core'],
    node: 'entry',
  },
  inference: { siblings: ['arguments', 'diffusion', 'ops', 'metrics'], tfjs: ['tfjs-core'] },
};
const libraries = Object.keys(packages);
packages.pipeline = {
  siblings: libraries.filter((name) => !name.startsWith('backend-')),
  tfjs: ['tfjs-core', 'tfjs-layers'],
  node: 'entry',
};

const entryFiles = entries.map(({ file }) => file);
const unruled = entryFiles.map((file) => file.split('/')[1]).find((name) => name !== 'test-support' && !packages[name]);
if (unruled) throw new RangeError(`.dependency-cruiser.mjs: every package must have rules, got none for ${unruled}`);

const anyOf = (names) => `(${names.join('|')})`;
const tests = '\\.(test|fixture)\\.m?[jt]s$';
const nodeModule = `^(node:)?${anyOf(builtinModules.filter((name) => !name.startsWith('_')))}$`;
/** Where a program enters a package: its entries, and what is started as a thread. */
const starts = `^${anyOf(entryFiles)}$|/worker\\.ts$`;
const sourcesOf = (...names) => ({ path: `^packages/${anyOf(names)}/src/`, pathNot: tests });
const namesWith = (node) => Object.keys(packages).filter((name) => packages[name].node === node);
const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

export default {
  forbidden: [
    rule('no-circle', 'Move what both files need into a third one.', {}, { circular: true }),
    rule('no-unknown-file', 'The import leads to no file.', {}, { couldNotResolve: true, pathNot: '/dist/' }),
    rule(
      'no-deep-import',
      'Import what a package exports.',
      { path: '^(packages/[^/]+|apps|benchmarks|examples|tests|scripts)/', pathNot: tests },
      { path: '^packages/', pathNot: `^$1/|^${anyOf(entryFiles)}$` },
    ),
    rule('no-test-code', 'Only tests import tests, fixtures and test-support.', sourcesOf(...Object.keys(packages)), {
      path: `${tests}|^packages/test-support/`,
    }),
    ...Object.entries(packages).flatMap(([name, { siblings, tfjs = [] }]) => [
      rule(
        `siblings-of-${name}`,
        `Of this repository it may import ${siblings.join(', ') || 'nothing'}.`,
        sourcesOf(name),
        {
          path: '^(packages|apps|benchmarks|examples|tests|scripts)/',
          pathNot: `^packages/${anyOf([name, ...siblings])}/`,
        },
      ),
      rule(`tfjs-of-${name}`, `Of tfjs it may import ${tfjs.join(', ') || 'nothing'}.`, sourcesOf(name), {
        path: '(^|/)@tensorflow/',
        pathNot: `(^|/)@tensorflow/${anyOf(tfjs)}(/|$)`,
      }),
    ]),
    rule('no-node', 'The package runs in a browser.', sourcesOf(...namesWith(undefined)), {
      dependencyTypes: ['core'],
    }),
    rule(
      'node-behind-its-entry',
      'Modules of Node must be reached from the entry ./node only.',
      {
        path: `^${anyOf(entryFiles.filter((file) => !file.endsWith('/node.ts')))}$`,
        pathNot: anyOf(['test-support', ...namesWith('everywhere')]),
      },
      { path: nodeModule, reachable: true },
    ),
    rule(
      'test-code-by-name',
      'A file that no entry reaches is for tests: name it .fixture.ts.',
      { path: starts },
      {
        path: '^packages/[^/]+/src/',
        pathNot: `${tests}|\\.d\\.ts$|^packages/test-support/|${starts}`,
        reachable: false,
      },
    ),
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    exclude: { path: '(^|/)generated/' },
    // An import of a type counts as well: what has it needs the other file.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    webpackConfig: { fileName: 'scripts/source-aliases.mjs' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};

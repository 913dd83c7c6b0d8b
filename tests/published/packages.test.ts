import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dicomSyntaxes } from '../../packages/image-io/src/dicom/syntaxes.fixture.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../browser/chromium.ts';
import { Project, tools } from './project.ts';
import { publishedPackages } from './registry.ts';
import { serve } from './serve.ts';

/** What `programs/program.js` computes, and what each entry exports. */
interface Outcome {
  backend: string;
  variant: string;
  losses: number[];
  probability: number[];
  voxels: Record<string, number[]>;
  exported: Record<string, string[]>;
}

const project = new Project(join(inject('projects'), 'everything'), inject('registry'));
const packages = publishedPackages();
const libraries = packages.filter(({ manifest }) => manifest.exports);
/** Every entry that the packages export, as it is imported. */
const entries = libraries.flatMap(({ manifest }) =>
  Object.keys(manifest.exports!)
    .filter((key) => key !== './package.json')
    .map((key) => manifest.name + key.slice(1)),
);
const browserEntries = entries.filter((name) => !name.endsWith('/node') && name !== '@medseg/backend-native');
let expected: Outcome;

beforeAll(async () => {
  await project.install(
    ...packages.map(({ manifest }) => manifest.name),
    ...Object.entries(tools).map(([name, version]) => `${name}@${version}`),
  );
  cpSync(fileURLToPath(new URL('programs', import.meta.url)), project.folder, { recursive: true });
  const wasm = join(project.folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  mkdirSync(join(project.folder, 'public/tfjs'), { recursive: true });
  for (const file of readdirSync(wasm).filter((name) => name.endsWith('.wasm')))
    cpSync(join(wasm, file), join(project.folder, 'public/tfjs', file));
  project.write('public/dicom-files.json', JSON.stringify(dicomSyntaxes.map(({ name, base64 }) => ({ name, base64 }))));
  expected = JSON.parse(await project.run('node', 'esm.mjs')) as Outcome;
});

/** Holds an outcome against what the files hold and what ES modules give in Node. */
function check(outcome: Outcome): void {
  expect(outcome.backend).toBe('wasm');
  expect(outcome.voxels).toEqual(Object.fromEntries(dicomSyntaxes.map(({ name, values }) => [name, values])));
  expect(outcome.exported).toEqual(expected.exported);
  expect(outcome.variant).toBe(expected.variant);
  expect(outcome.losses).toHaveLength(12);
  outcome.losses.forEach((loss, step) => {
    expect(loss, `loss of step ${step}`).toBeCloseTo(expected.losses[step]!, 4);
  });
  expect(outcome.probability).toHaveLength(256);
  outcome.probability.forEach((value, i) => {
    expect(value, `probability of pixel ${i}`).toBeCloseTo(expected.probability[i]!, 3);
  });
}

describe('in Node', () => {
  it('every package is installed from the registry of the test', () => {
    const { packages: locked } = JSON.parse(readFileSync(join(project.folder, 'package-lock.json'), 'utf8'));
    const integrities = inject('integrities');
    expect(Object.keys(integrities)).toHaveLength(packages.length);
    for (const [name, integrity] of Object.entries(integrities))
      expect(locked[`node_modules/${name}`], name).toMatchObject({ version: '0.0.0', integrity });
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
    expect(Object.keys(expected.exported)).toEqual(browserEntries);
    for (const [entry, names] of Object.entries(expected.exported)) expect(names.length, entry).toBeGreaterThan(0);
    const [first, last] = [expected.losses.slice(0, 3), expected.losses.slice(3, 6)];
    expect(Math.max(...last), `${expected.losses}`).toBeLessThan(Math.min(...first));
    check(expected);
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
    expect(version).toBe('0.0.0');
  });

  it.each(['bundled', 'external'])('what Vite has built for a server runs, its packages %s', async (kind) => {
    const ssr = kind === 'bundled' ? 'ssr: { noExternal: [/^@medseg/]  }, ' : '';
    const config = `export default { ${ssr}build: { ssr: 'esm.mjs', outDir: 'server-${kind}', copyPublicDir: false } };`;
    project.write(`vite-${kind}.config.js`, config);
    await project.run('vite', 'build', '--config', `vite-${kind}.config.js`, '--logLevel', 'error');
    check(JSON.parse(await project.run('node', `server-${kind}/esm.js`)));
  });
});

it.each([
  ['NodeNext', 'NodeNext', 'NodeNext'],
  ['Bundler', 'ESNext', 'Bundler'],
])('TypeScript compiles every entry, strict, with %s', async (name, module, moduleResolution) => {
  project.write(
    `every-entry.mts`,
    `${entries.map((entry, i) => `import * as e${i} from '${entry}';`).join('\n')}
     export const count: number = [${entries.map((_, i) => `e${i}`).join()}].length;`,
  );
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
  const files = ['types.ts', 'every-entry.mts'];
  project.write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files }));
  const said = await project.run('tsc', '-p', `tsconfig.${name}.json`).catch((error: Error) => error.message);
  const errors = said.split('\n').filter((line) => /\(\d+,\d+\): error/.test(line));
  // tfjs-layers 4.22 declares two classes that do not compile under strict; everything else must.
  expect(errors.filter((line) => !line.startsWith('node_modules/@tensorflow/tfjs-layers/'))).toEqual([]);
  expect(errors).toHaveLength(2);
});

describe('in Chromium', () => {
  const isolated = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
  };
  const policy = { 'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };
  let browser: Browser;
  const servers: Server[] = [];
  const builds = {
    Vite: () => project.run('vite', 'build', '--logLevel', 'error', '--outDir', 'Vite'),
    esbuild: () =>
      project.run(
        'esbuild',
        'page.js',
        'worker.js',
        ...'--bundle --format=esm --splitting --minify --outdir=esbuild'.split(' '),
      ),
    webpack: () =>
      project.run(
        'webpack',
        'build',
        ...'--mode production --entry ./page.js --output-path webpack --output-filename page.js'.split(' '),
      ),
  };

  beforeAll(async () => {
    const executablePath = findChromium();
    if (executablePath === undefined)
      throw new Error('No Chromium found: install one (Debian: apt-get install chromium) or name it in CHROMIUM_PATH.');
    const arguments_ = [...CHROMIUM_ARGUMENTS, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
    browser = await chromium.launch({ executablePath, args: arguments_ });
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** Opens a page; gives what it has computed and every address that was asked for. */
  async function open(folder: string, file: string, headers: Record<string, string>) {
    const { origin, server } = await serve(join(project.folder, folder), headers);
    servers.push(server);
    const context = await browser.newContext();
    const requested: string[] = [];
    const said: string[] = [];
    context.on('request', (request) => requested.push(request.url()));
    context.on('console', (message) => said.push(message.text()));
    context.on('weberror', (error) => said.push(error.error().message));
    const page = await context.newPage();
    await page.goto(`${origin}/${file}`);
    const outcome = (await page.evaluate('globalThis.outcome ?? { error: "the page has not run" }')) as {
      value: Outcome;
      error?: string;
    };
    const isIsolated = (await page.evaluate('crossOriginIsolated')) as boolean;
    await context.close();
    if (outcome.error) throw new Error([outcome.error, ...said].join('\n'));
    const outside = requested.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url));
    return { outcome: outcome.value, outside, requested, isIsolated };
  }

  it('a request to another origin is seen, of a page and of a worker', async () => {
    const elsewhere = await serve(project.folder, { 'access-control-allow-origin': '*' });
    servers.push(elsewhere.server);
    mkdirSync(join(project.folder, 'outward'), { recursive: true });
    project.write(
      'outward/page.html',
      `<script>
        const worker = new Worker('worker.js');
        globalThis.outcome = fetch('${elsewhere.origin}/package.json')
          .then(() => new Promise((resolve) => { worker.onmessage = () => resolve({}); worker.postMessage(''); }));
      </script>`,
    );
    const ask = `fetch('${elsewhere.origin}/page.js').then(() => postMessage(''))`;
    project.write('outward/worker.js', `onmessage = () => ${ask};`);
    const { outside } = await open('outward', 'page.html', {});
    expect(outside).toEqual([`${elsewhere.origin}/package.json`, `${elsewhere.origin}/page.js`]);
  });

  describe.each(Object.keys(builds) as (keyof typeof builds)[])('what %s has built', (bundler) => {
    beforeAll(async () => {
      await builds[bundler]();
      const folder = join(project.folder, bundler);
      cpSync(join(project.folder, 'public'), folder, { recursive: true });
      if (bundler !== 'Vite') cpSync(join(project.folder, 'page.html'), join(folder, 'page.html'));
    });

    const workers: [string, string, Record<string, string>][] = [
      ['a worker', 'worker.html', {}],
      ['a worker of a page that is isolated and has a policy', 'worker.html', { ...isolated, ...policy }],
    ];
    it.each([
      ['a plain page', 'page.html', {}],
      ['a page that is isolated from other origins', 'page.html', isolated],
      ['a page with a Content-Security-Policy', 'page.html', policy],
      ...(bundler === 'Vite' ? workers : []),
    ])('trains, segments and decodes in %s', async (_where, file, headers) => {
      const { outcome, outside, requested, isIsolated } = await open(bundler, file, headers);
      check(outcome);
      expect(isIsolated).toBe('cross-origin-opener-policy' in headers);
      expect(requested.some((url) => url.endsWith('.wasm'))).toBe(true); // what a worker asks for is seen too
      expect(outside).toEqual([]);
    });

    it("says in a page whose policy lacks 'wasm-unsafe-eval' that it is this", async () => {
      const strict = { 'content-security-policy': "default-src 'self'" };
      await expect(open(bundler, 'page.html', strict)).rejects.toThrow(/'wasm-unsafe-eval'/);
    });
  });
});

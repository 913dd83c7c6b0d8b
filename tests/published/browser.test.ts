import { cpSync, mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../browser/chromium.ts';
import { check } from './check.fixture.ts';
import type { Outcome } from './outcome.fixture.ts';
import { Project } from './project.ts';
import { serve } from './serve.ts';

const project = new Project(inject('everything'), inject('registry'));

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
      'with-worker.js',
      'worker.js',
      ...'--bundle --format=esm --splitting --minify --outdir=esbuild'.split(' '),
    ),
  webpack: () => project.run('webpack', 'build'),
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
    if (bundler === 'Vite') return; // it builds from them
    for (const page of ['page.html', 'worker.html']) cpSync(join(project.folder, page), join(folder, page));
  });

  it.each([
    ['a plain page', 'page.html', {}],
    ['a page that is isolated from other origins', 'page.html', isolated],
    ['a page with a Content-Security-Policy', 'page.html', policy],
    ['a worker', 'worker.html', {}],
    ['a worker of a page that is isolated and has a policy', 'worker.html', { ...isolated, ...policy }],
  ])('trains, segments and decodes in %s', async (_where, file, headers) => {
    const { outcome, outside, requested, isIsolated } = await open(bundler, file, headers);
    check(outcome, inject('expected'));
    expect(isIsolated).toBe('cross-origin-opener-policy' in headers);
    expect(requested.some((url) => url.endsWith('.wasm'))).toBe(true); // what a worker asks for is seen too
    expect(outside).toEqual([]);
  });

  it("says in a page whose policy lacks 'wasm-unsafe-eval' that it is this", async () => {
    const strict = { 'content-security-policy': "default-src 'self'" };
    await expect(open(bundler, 'page.html', strict)).rejects.toThrow(/'wasm-unsafe-eval'/);
  });
});

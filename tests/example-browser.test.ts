import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from '@medseg/backend-wasm';
import { loadRun } from '@medseg/pipeline/node';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf, smallImage, smallRun } from '../packages/pipeline/src/load-run/small-run.fixture.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from './browser/chromium.ts';

const example = fileURLToPath(new URL('../examples/browser', import.meta.url));
const executablePath = findChromium();
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

describe.skipIf(executablePath === undefined)('examples/browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medseg-example-'));
  const at = (...parts: string[]): string => join(folder, ...parts);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : request.url!;
    asked.push(path);
    try {
      const bytes = readFileSync(at('page', path));
      response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  let browser: Browser;
  let page: Page;
  let mask: Uint8Array | Int32Array;

  beforeAll(async () => {
    const vite = join(example, 'node_modules/vite/bin/vite.js');
    const built = spawnSync(process.execPath, [vite, 'build', '--outDir', at('page')], {
      cwd: example,
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV: 'production' },
    });
    expect(built.status, built.stderr).toBe(0);
    await register();
    mkdirSync(at('run'));
    for (const [name, bytes] of Object.entries(await filesOf(await smallRun()))) writeFileSync(at('run', name), bytes);
    writeFileSync(at('brain.png'), smallImage().bytes);
    const run = await loadRun(at('run'));
    ({ mask } = await run.segment(at('brain.png')));
    await run.dispose();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath: executablePath!, args: CHROMIUM_ARGUMENTS });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the page says once it is done with what it was asked for. */
  async function said(): Promise<string> {
    const text = async (): Promise<string> => (await page.textContent('#message'))!;
    await expect.poll(text, { timeout: 100_000, interval: 200 }).not.toBe('Working …');
    return text();
  }

  it('shows the mask of a scan, once the files of a run are chosen', async () => {
    await page.setInputFiles('#run', [at('run/run.json'), at('run/model.safetensors')]);
    expect(await said()).toBe('It segments tumour. Choose a scan.');
    await page.setInputFiles('#scan', at('brain.png'));
    expect(await said()).toBe('brain.png: done.');
    const shown = await page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return {
        size: [canvas.width, canvas.height],
        mask: Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]! > 0),
      };
    });
    expect(shown.size).toEqual([24, 20]);
    expect(shown.mask).toEqual(Array.from(mask, (value) => value > 0));
    expect(asked.some((path) => path.endsWith('.wasm'))).toBe(true);
  }, 240_000);

  it('says what is wrong with a file', async () => {
    writeFileSync(at('broken.png'), smallImage().bytes.slice(0, 60));
    await page.setInputFiles('#scan', at('broken.png'));
    expect(await said()).toMatch(/^broken.png: /);
  }, 120_000);
});

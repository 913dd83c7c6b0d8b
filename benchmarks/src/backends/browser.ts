import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../../tests/browser/chromium.ts';
import type { Outcome } from './run-case.ts';

/** A page of Chromium that runs cases. */
export interface CasePage {
  /** Makes a backend current; an error where it does not start. */
  start(backend: string): Promise<void>;
  run(index: number): Promise<Outcome>;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const PAGE = '<!doctype html><title>backends</title><script type="module" src="/page.js"></script>';

/** Opens the page. Throws where there is no Chromium. */
export async function openCasePage(): Promise<CasePage> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('no Chromium found; install one (Debian: apt-get install chromium) or name it in CHROMIUM_PATH');
  }
  const server = await serve();
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.waitForFunction('globalThis.medseg !== undefined', null, { timeout: 60_000 });
    return casePage(page, browser, server.close);
  } catch (error) {
    await browser?.close();
    server.close();
    throw error;
  }
}

function casePage(page: Page, browser: Browser, closeServer: () => void): CasePage {
  return {
    start: (backend) => page.evaluate(`globalThis.medseg.start(${JSON.stringify(backend)})`),
    run: (index) => page.evaluate(`globalThis.medseg.run(${index})`),
    close: async () => {
      await browser.close();
      closeServer();
    },
  };
}

/** Serves the page, its bundle and nothing else. */
function serve(): Promise<{ port: number; close(): void }> {
  const folder = fileURLToPath(new URL('./page/', import.meta.url));
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    response.setHeader('content-type', TYPES[extname(name)] ?? 'text/html');
    if (name === '') return void response.end(PAGE);
    const file = extname(name) === '.wasm' ? join(wasm, 'dist', name) : join(folder, name);
    createReadStream(file)
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ port, close: () => void server.close() });
    });
  });
}

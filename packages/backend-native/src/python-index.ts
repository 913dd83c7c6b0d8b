import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { atLeast, type Machine } from './machine.ts';
import { NativeError } from './native-error.ts';
import { type Security, secureFetch } from './secure-fetch.ts';
import { DEFAULT_VERSION, KNOWN_WHEELS } from './sources.ts';

export interface Wheel {
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
}

/**
 * The index that pip would use: PIP_INDEX_URL, else `index-url` of pip's configuration, else what pip itself names as its
 * default. Throws NativeError where there is neither a setting nor pip.
 */
export function pythonIndex(env: NodeJS.ProcessEnv = process.env): string {
  if (env.PIP_INDEX_URL) return env.PIP_INDEX_URL;
  const home = homedir();
  const files = [
    env.PIP_CONFIG_FILE,
    env.VIRTUAL_ENV && join(env.VIRTUAL_ENV, 'pip.conf'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    '/etc/xdg/pip/pip.conf',
    '/etc/pip.conf',
  ];
  for (const file of files) {
    if (!file || !existsSync(file)) continue;
    const url = indexUrlIn(readFileSync(file, 'utf8'));
    if (url) return url;
  }
  return defaultOfPip() ?? refuseWithoutIndex();
}

/** The index that an installed pip takes where nothing is configured; undefined without pip. */
function defaultOfPip(): string | undefined {
  const program = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)';
  // Isolated (-I): else a folder pip/ of the working directory would be taken for pip.
  const { status, stdout } = spawnSync('python3', ['-I', '-c', program], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && /^https?:/.test(stdout) ? stdout.trim() : undefined;
}

function refuseWithoutIndex(): never {
  throw new NativeError(
    'native install: needs the address of a Python index: set PIP_INDEX_URL, or install pip, which knows one',
  );
}

function indexUrlIn(ini: string): string | undefined {
  let section = '';
  for (const line of ini.split(/\r?\n/)) {
    section = /^\s*\[([^\]]+)\]/.exec(line)?.[1] ?? section;
    const value = /^\s*index[-_]url\s*[=:]\s*(\S+)/.exec(line)?.[1];
    if (value && section === 'global') return value;
  }
  return undefined;
}

/** Options of {@link findWheel}. */
export interface FindOptions extends Security {
  /** Whether only wheels are taken whose SHA-256 is known here. Default: for {@link DEFAULT_VERSION}. */
  readonly pinned?: boolean;
}

/**
 * The wheel of a version of a Python package for a machine, from an index (PEP 503 or PEP 691) that is reached by https.
 * Throws NativeError where the index cannot be reached, has no such version, only has it for a newer C library, or gives
 * other wheels than those whose SHA-256 is known here, where one of the version is, or has to be.
 */
export async function findWheel(
  index: string,
  project: string,
  version: string,
  machine: Machine,
  { pinned = version === DEFAULT_VERSION, ...security }: FindOptions = {},
): Promise<Wheel> {
  const wheels = (await listFiles(index, project, security)).filter(({ name }) =>
    name.startsWith(`${project.replaceAll('-', '_')}-${version}-`),
  );
  const forLinux = wheels.flatMap((wheel) => {
    const needs = neededGlibc(wheel.name);
    return needs === undefined ? [] : [{ ...wheel, needs }];
  });
  if (forLinux.length === 0) {
    throw new NativeError(`native install: the Python index has no ${project} ${version} for Linux on x64`);
  }
  const usable = forLinux.filter(({ needs }) => atLeast(machine.glibc ?? '0', needs));
  if (usable.length === 0) {
    throw new NativeError(
      `native install: ${project} ${version} needs glibc ${forLinux[0]!.needs} or newer, this system has ${machine.glibc}`,
    );
  }
  // The libraries do not depend on the version of Python.
  const tried = usable.find(({ name }) => Object.hasOwn(KNOWN_WHEELS, name));
  if (tried === undefined && (pinned || knowsOf(project, version))) {
    throw new NativeError(
      `native install: the Python index has no wheel of ${project} ${version} whose SHA-256 is known here, only ${usable.at(-1)!.name}`,
    );
  }
  const wheel = tried ?? usable.at(-1)!;
  const known = KNOWN_WHEELS[wheel.name] ?? wheel.sha256;
  if (!/^[0-9a-f]{64}$/.test(wheel.sha256)) {
    throw new NativeError(`native install: the Python index gives no SHA-256 of ${wheel.name}`);
  }
  if (known !== wheel.sha256) {
    throw new NativeError(`native install: the Python index gives another SHA-256 of ${wheel.name} than the one known`);
  }
  return { name: wheel.name, url: wheel.url, sha256: wheel.sha256 };
}

function knowsOf(project: string, version: string): boolean {
  return Object.keys(KNOWN_WHEELS).some((name) => name.startsWith(`${project.replaceAll('-', '_')}-${version}-`));
}

/** The C library behind the older names of a wheel's system. */
const LEGACY_GLIBC: Readonly<Record<string, [string]>> = {
  manylinux2014_x86_64: ['2.17'],
  manylinux2010_x86_64: ['2.12'],
  manylinux1_x86_64: ['2.5'],
};

/** The C library that a wheel for Linux on x64 needs at least (PEP 600); undefined for other wheels. */
function neededGlibc(name: string): string | undefined {
  const tags = /-([^-]+)\.whl$/.exec(name)?.[1]?.split('.') ?? [];
  const versions = tags.flatMap((tag) => {
    const [, major, minor] = /^manylinux_(\d+)_(\d+)_x86_64$/.exec(tag) ?? [];
    if (major) return [`${major}.${minor}`];
    return LEGACY_GLIBC[tag] ?? [];
  });
  return versions.sort((a, b) => (atLeast(a, b) ? 1 : -1))[0];
}

async function listFiles(index: string, project: string, security: Security): Promise<Wheel[]> {
  const page = new URL(`${index.replace(/\/+$/, '')}/${project}/`);
  // fetch takes no name and password within an address.
  const headers: Record<string, string> = {
    accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.1',
  };
  if (page.username) {
    const login = `${decodeURIComponent(page.username)}:${decodeURIComponent(page.password)}`;
    headers.authorization = `Basic ${Buffer.from(login).toString('base64')}`;
    page.username = page.password = '';
  }
  let response: Response;
  let text: string;
  try {
    response = await secureFetch(page, { headers, signal: AbortSignal.timeout(30_000) }, security);
    text = await response.text();
  } catch (error) {
    if (error instanceof NativeError) throw error;
    throw new NativeError(`native install: the Python index at ${page.host} cannot be reached (${causeOf(error)})`);
  }
  if (!response.ok) {
    throw new NativeError(`native install: the Python index at ${page.host} answers ${response.status} for ${project}`);
  }
  const base = response.url || page.href;
  return response.headers.get('content-type')?.includes('json') ? filesInJson(text, base) : filesInHtml(text, base);
}

function filesInJson(text: string, base: string): Wheel[] {
  const { files } = JSON.parse(text) as {
    files: { filename: string; url: string; hashes: { sha256?: string }; yanked?: boolean | string }[];
  };
  return files
    .filter(({ yanked }) => !yanked)
    .map(({ filename, url, hashes }) => ({
      name: filename,
      url: new URL(url, base).href,
      sha256: hashes.sha256 ?? '',
    }));
}

function filesInHtml(text: string, base: string): Wheel[] {
  return [...text.matchAll(/<a\b([^>]*)>([^<]+)<\/a>/gi)].flatMap(([, attributes, name]) => {
    const href = /href\s*=\s*["']([^"']+)["']/i.exec(attributes!)?.[1]?.replaceAll('&amp;', '&');
    if (!href || /data-yanked/i.test(attributes!)) return [];
    const url = new URL(href, base);
    const sha256 = /sha256=([0-9a-f]{64})/.exec(url.hash)?.[1] ?? '';
    url.hash = '';
    return [{ name: name!.trim(), url: url.href, sha256 }];
  });
}

/** What lies under fetch's "fetch failed". */
export function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? (cause?.message || message);
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '@medseg/weights';

/** The paths of the files in a folder, from there, and of its empty folders. */
export function filesIn(folder: string): string[] {
  const entries = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder).sort() : [];
  return entries.flatMap((name) => {
    if (!statSync(join(folder, name)).isDirectory()) return [name];
    const inner = filesIn(join(folder, name)).map((file) => `${name}/${file}`);
    return inner.length === 0 ? [`${name}/`] : inner;
  });
}

/** A file on its way, or one that tries whether a folder can be written to. */
export function isTemporary(file: string): boolean {
  return file.endsWith('.tmp');
}

/** Makes files older, so that they count as left by a process that has ended long ago. */
export function age(folder: string, files: readonly string[], seconds: number): void {
  const then = new Date(Date.now() - 1000 * seconds);
  for (const file of files) utimesSync(join(folder, file), then, then);
}

/** How long a training took, and when a page was made. */
const TIME = /\b[\d.]+ (seconds|minutes)\b|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*/g;

/** The content of each file in a folder, without the times that it records: equal texts mean equal bits. */
export function contentsOf(folder: string): Map<string, string> {
  return new Map(filesIn(folder).map((file) => [file, file.endsWith('/') ? '' : contentOf(join(folder, file))]));
}

function contentOf(path: string): string {
  const bytes = readFileSync(path);
  if (path.endsWith('metrics.jsonl')) return bytes.toString().replaceAll(/"seconds":[\d.]+,?/g, '');
  if (path.endsWith('.html')) return hash(bytes.toString().replaceAll(TIME, ''));
  if (!/checkpoints[\\/]/.test(path)) return hash(bytes);
  return checkpointText(bytes, path);
}

function checkpointText(bytes: Uint8Array, path: string): string {
  let decoded: ReturnType<typeof decodeSafetensors>;
  try {
    decoded = decodeSafetensors(bytes, path);
  } catch (error) {
    return (error as Error).message; // a difference from one that is whole
  }
  const { tensors, metadata } = decoded;
  const { checksum: _, progress, ...rest } = metadata;
  const { elapsed: __, ...state } = JSON.parse(progress!) as Record<string, unknown>;
  return [...tensors]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { data }]) => `${name} ${hash(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`)
    .concat(JSON.stringify(rest), JSON.stringify(state))
    .join('\n');
}

function hash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What differs between contents, in words; empty where nothing does. */
export function differences(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...found.keys(), ...expected.keys()])];
  return names.flatMap((name) => {
    if (!found.has(name)) return [`${name} is missing`];
    if (!expected.has(name)) return [`${name} is left over`];
    return found.get(name) === expected.get(name) ? [] : [`${name} has other bits`];
  });
}

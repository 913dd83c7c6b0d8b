import { createRandom, type Random } from '@medseg/random';

/** Broken forms of texts, JSON values and safetensors files, the same for the same seed. */
export interface Mutator {
  /** A text with characters changed, cut, doubled, and pieces of its grammar where they do not belong. */
  text(text: string): string;
  /** JSON with values and names in it changed, or broken as a text. */
  json(value: unknown): string;
  /** A safetensors file with another header, other bytes, or another length. */
  safetensors(bytes: Uint8Array): Uint8Array;
}

/** Pieces that mean something in JSON, YAML, CSV or to JavaScript. */
const PIECES = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    "'",
    '\\',
    '\n',
    '\r\n',
    '\t',
    ' ',
    ';',
    '#',
    '-',
    '? ',
    '\0',
    '\ufeff',
    '\u2028',
  ],
  ...[
    '*a',
    '&a ',
    '<<: *a',
    '<<: {}',
    '!!binary x',
    '!!js/function x',
    '!!set {a}',
    '!x',
    '%YAML 1.1\n---\n',
    '---\n',
    '...\n',
    '|\n',
    '>\n',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', '__proto__: {polluted: 1}\n', '"__proto__":{"polluted":1},'],
  ...['null', 'true', '~', '.nan', '.inf', 'NaN', '1e999', '-0', '0x10', '9007199254740993', '1e-400', '2001-01-01'],
  ...[
    '../../etc/passwd',
    '/dev/zero',
    'C:\\x',
    'é',
    '😀',
    '\ud800',
    '=cmd()',
    '\u001b[2J',
    'x'.repeat(5000),
    '['.repeat(3000),
  ],
];

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, -0, 0.5, 1e300, -1e300, 5e-324, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e21],
  ...['', ' ', 'x', '0', '__proto__', 'constructor', '../..', '\0', '\ud800', '(a+)+$', '(', 'a'.repeat(100_000)],
  ...[[], {}, [[]], [null], { a: 1 }, [1, 2, 3], ['a', 'a'], { length: 5 }, { other: 1 }],
];

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'then',
  '',
  '0',
  'extra',
];

/** Makes broken forms, each call another one. */
export function createMutator(seed: number): Mutator {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[random.integer(from.length)]!;

  const text = (whole: string): string => {
    let result = whole;
    for (let k = 1 + random.integer(4); k > 0; k--) {
      const at = random.integer(result.length + 1);
      const length = random.integer(random.integer(3) === 0 ? 40 : 4);
      const rest = result.slice(at + (random.integer(2) === 0 ? 0 : length));
      const middle = pick([pick(PIECES), '', String.fromCharCode(random.integer(128)), result.slice(at, at + length)]);
      result = result.slice(0, at) + middle + rest;
    }
    return random.integer(8) === 0 ? result.slice(0, random.integer(result.length + 1)) : result;
  };
  const value = (): unknown => (random.integer(40) === 0 ? deep(random) : pick(VALUES));
  const json = (right: unknown): string => {
    let changed = right;
    for (let k = 1 + random.integer(3); k > 0; k--) changed = changePart(changed, { random, value });
    const whole = stringify(changed);
    return random.integer(4) === 0 ? text(whole) : whole;
  };
  const safetensors = (bytes: Uint8Array): Uint8Array => {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    let header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    const data = bytes.slice(8 + length);
    const kind = random.integer(5);
    if (kind === 0) header = json(JSON.parse(header));
    if (kind === 1) header = inMetadata(JSON.parse(header), (meta) => JSON.parse(json(meta)));
    if (kind === 2) header = inProgress(JSON.parse(header), json);
    if (kind >= 3 && data.length > 0)
      for (let k = 1 + random.integer(4); k > 0; k--) {
        const at = 4 * random.integer(data.length >> 2);
        data.set(pick([[0, 0, 192, 127], [0, 0, 128, 255], [255, 255, 127, 127], [random.integer(256)]]), at);
      }
    const encoded = new TextEncoder().encode(header);
    const result = new Uint8Array(8 + encoded.length + data.length);
    const told =
      random.integer(20) === 0 ? BigInt(random.integer(2 ** 31)) * 2n ** BigInt(random.integer(33)) : undefined;
    new DataView(result.buffer).setBigUint64(0, told ?? BigInt(encoded.length), true);
    result.set(encoded, 8);
    result.set(data, 8 + encoded.length);
    if (kind === 4) result[random.integer(result.length)]! ^= 1 << random.integer(8);
    return random.integer(15) === 0 ? result.slice(0, random.integer(result.length + 1)) : result;
  };
  return { text, json, safetensors };
}

interface Source {
  readonly random: Random;
  readonly value: () => unknown;
}

type Fields = Record<string, unknown>;

/** A copy with one of its parts, however deep, changed, gone, doubled or under another name. */
function changePart(whole: unknown, source: Source): unknown {
  const { random, value } = source;
  if (typeof whole !== 'object' || whole === null || random.integer(12) === 0) return value();
  if (Array.isArray(whole)) {
    const copy = [...whole];
    const at = random.integer(copy.length + 1);
    if (at === copy.length || random.integer(4) === 0) copy.splice(at, random.integer(2), value());
    else copy[at] = changePart(copy[at], source);
    return copy;
  }
  const entries = Object.entries(whole as Fields);
  const at = random.integer(entries.length + 1);
  const name = NAMES[random.integer(NAMES.length)]!;
  const how = random.integer(8);
  if (at === entries.length) entries.push([name, value()]);
  else if (how === 0) entries.splice(at, 1);
  else if (how === 1) entries[at] = [name, entries[at]![1]];
  else entries[at] = [entries[at]![0], changePart(entries[at]![1], source)];
  return withEntries(entries);
}

/** An object with these properties of its own, `__proto__` among them. */
function withEntries(entries: readonly (readonly [string, unknown])[]): Fields {
  const made: Fields = {};
  for (const [name, value] of entries)
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  return made;
}

/** As JSON.stringify, without calling what is in it. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'function' ? null : part)) ?? 'null';
}

/** A list in a list, some hundred times. */
function deep(random: Random): unknown {
  let value: unknown = 1;
  for (let k = random.integer(2000); k > 0; k--) value = random.integer(2) === 0 ? [value] : { a: value };
  return value;
}

/** Metadata stay texts, as the format has them. */
function inMetadata(header: Fields, change: (meta: Fields) => unknown): string {
  let changed: unknown;
  try {
    changed = change(header.__metadata__ as Fields);
  } catch {
    changed = {};
  }
  const texts = Object.entries(Object(changed)).map(
    ([name, part]) => [name, typeof part === 'string' ? part : stringify(part)] as const,
  );
  return stringify({ ...header, __metadata__: withEntries(texts) });
}

/** One of the texts of the metadata that are JSON themselves. */
function inProgress(header: Fields, json: (value: unknown) => string): string {
  const meta = { ...(header.__metadata__ as Record<string, string>) };
  for (const [name, part] of Object.entries(meta)) {
    if (part.startsWith('{')) meta[name] = json(JSON.parse(part));
  }
  return stringify({ ...header, __metadata__: meta });
}

import type { ConfigValue } from './fields.ts';

/**
 * JSON as Python's `json` writes it, with `NaN`, `Infinity` and `-Infinity` as numbers. Throws RangeError for text that
 * is neither that nor JSON.
 */
export function parsePythonJson(text: string): ConfigValue {
  // Strings get a mark in front, so that a number written as a string is none of them.
  const marked = text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"${token}"`,
  );
  try {
    return JSON.parse(marked, (_, value) => unmarked(value));
  } catch {
    throw new RangeError(
      `scheduler config: must be JSON as Python writes it, got ${JSON.stringify(text.slice(0, 60))} of ${text.length} characters`,
    );
  }
}

function unmarked(value: ConfigValue): ConfigValue {
  if (typeof value === 'string') return value.startsWith('s') ? value.slice(1) : Number(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.slice(1), item]));
}

/** The text of Python's `json.dumps(value, indent=2, sort_keys=True)`, which `parsePythonJson` reads. */
export function formatPythonJson(value: ConfigValue, indent = ''): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = isList
    ? value.map((item: ConfigValue) => formatPythonJson(item, inner))
    : Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => `${JSON.stringify(key)}: ${formatPythonJson(item, inner)}`);
  const [open, close] = isList ? '[]' : '{}';
  return lines.length === 0 ? `${open}${close}` : `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${close}`;
}

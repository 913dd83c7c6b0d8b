import { escapeHtml } from '../escape-html.ts';

/** Attributes of an element; those that are undefined are left out, numbers keep two decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An SVG element as text. `content` is markup and is not escaped. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escapeHtml(value!)}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A line of text. */
export function text(value: string, attributes: Attributes): string {
  return element('text', attributes, escapeHtml(value));
}

/** A line through points in pixels. */
export function polyline(points: readonly (readonly [x: number, y: number])[], attributes: Attributes): string {
  const path = points.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(' ');
  return element('polyline', { points: path, fill: 'none', 'stroke-linejoin': 'round', ...attributes });
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

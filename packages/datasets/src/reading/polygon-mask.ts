import type { Case } from '../case.ts';
import { DataError } from '../data-error.ts';
import { isVolume, type Scan } from '../scan.ts';

interface Point {
  x: number;
  y: number;
}

/**
 * Draws the outlines of a DDTI file as a mask of 0 and 1: `<mark><image>1</image><svg>[{"points": [{"x", "y"}, …]}]`.
 * The mark of an image is that of the number its name ends in, `12_1.jpg`. A pixel is inside when its middle is
 * (even-odd rule); outlines add up.
 *
 * Throws DataError naming `file` when there is no such mark, or its outlines are not lists of points.
 */
export function polygonMask(
  xml: string,
  { id, images }: Pick<Case, 'id' | 'images'>,
  file: string,
  scan: Scan,
): Uint8Array {
  if (isVolume(scan)) throw new DataError([{ file, rule: 'outlines must be of an image, got a volume' }]);
  const number = /_(\d+)\.[a-z]+$/i.exec(images[0] ?? '')?.[1] ?? '1';
  const marks = xml.split(/<mark>/i).slice(1);
  const mark = marks.find((text) => /<image>\s*(\d+)\s*<\/image>/i.exec(text)?.[1] === number);
  if (mark === undefined)
    throw new DataError([
      { file, rule: `outlines must have a mark for every image, got none of image ${number} for ${id}` },
    ]);
  const text = /<svg>([\s\S]*?)<\/svg>/i.exec(mark)?.[1] ?? '';
  const { width, height } = scan;
  const mask = new Uint8Array(width * height);
  for (const outline of outlinesIn(text.replaceAll('&quot;', '"'), file)) fill(mask, outline, width, height);
  return mask;
}

function outlinesIn(text: string, file: string): Point[][] {
  let parsed: unknown = [];
  try {
    if (text.trim() !== '') parsed = JSON.parse(text);
  } catch {
    throw new DataError([{ file, rule: 'the svg of a mark must be JSON' }]);
  }
  if (!Array.isArray(parsed)) throw new DataError([{ file, rule: 'the svg of a mark must be a list of outlines' }]);
  return parsed.map((outline: unknown) => {
    const points = (outline as { points?: unknown } | null)?.points;
    if (!Array.isArray(points) || !points.every(isPoint))
      throw new DataError([{ file, rule: 'an outline must have points with x and y' }]);
    return points;
  });
}

function isPoint(point: unknown): point is Point {
  const { x, y } = (point ?? {}) as Partial<Point>;
  return Number.isFinite(x) && Number.isFinite(y);
}

function fill(mask: Uint8Array, points: readonly Point[], width: number, height: number): void {
  for (let row = 0; row < height; row++) {
    const crossings: number[] = [];
    for (const [i, a] of points.entries()) {
      const b = points[(i + 1) % points.length]!;
      if (a.y <= row === b.y <= row) continue;
      crossings.push(a.x + ((row - a.y) / (b.y - a.y)) * (b.x - a.x));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const last = Math.min(width - 1, Math.floor(crossings[i + 1]!));
      for (let x = Math.max(0, Math.ceil(crossings[i]!)); x <= last; x++) mask[row * width + x] = 1;
    }
  }
}

import { flipWorld, type Geometry, geometryOf, normalTo, type Triple } from '../geometry.ts';
import type { NrrdHeader } from './header.ts';

/** Which axes of an NRRD file are space, and where they lie. */
export interface NrrdAxes {
  size: Triple;
  channels: number;
  /** Values between two channels of one voxel. */
  channelStride: number;
  geometry: Geometry;
}

/** Signs that bring the axes of a space to RAS. No space is taken as LPS, as ITK takes it. */
const spaces: Record<string, Triple> = {
  'right-anterior-superior': [1, 1, 1],
  ras: [1, 1, 1],
  'left-anterior-superior': [-1, 1, 1],
  las: [-1, 1, 1],
  'left-posterior-superior': [-1, -1, 1],
  lps: [-1, -1, 1],
};

/** Reads sizes, kinds and the space of an NRRD header; `fail` is called with the rule that is broken. */
export function readNrrdAxes({ fields }: NrrdHeader, fail: (rule: string) => never): NrrdAxes {
  const numbers = (name: string): number[] | undefined => fields.get(name)?.split(/\s+/).map(Number);
  const sizes = numbers('sizes') ?? [];
  const dimension = Number(fields.get('dimension'));
  if (!(dimension >= 1 && dimension <= 16) || sizes.length !== dimension)
    fail(`NRRD sizes must be as many as its dimension, got ${fields.get('sizes')} for ${fields.get('dimension')}`);
  if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 1))
    fail(`NRRD sizes must be 1 or more, got ${sizes.join(' ')}`);

  const vectors = readVectors(fields.get('space directions'), dimension, fail);
  const kinds = fields.get('kinds')?.split(/\s+/);
  const isSpatial = (axis: number): boolean => {
    if (vectors) return vectors[axis] !== undefined;
    if (kinds?.length === dimension) return ['domain', 'space'].includes(kinds[axis]!.toLowerCase());
    return axis < 3;
  };
  const axes = sizes.map((_, axis) => axis);
  const spatial = axes.filter(isSpatial);
  const others = axes.filter((axis) => !isSpatial(axis));
  if (spatial.length < 1 || spatial.length > 3 || others.length > 1)
    fail(
      `an NRRD file must have 1 to 3 axes of space and at most one other, got ${spatial.length} and ${others.length}`,
    );

  const size = [0, 1, 2].map((i) => sizes[spatial[i] ?? -1] ?? 1) as [number, number, number];
  const channelStride = others.length === 0 ? 1 : sizes.slice(0, others[0]!).reduce((product, n) => product * n, 1);
  const channels = sizes[others[0] ?? -1] ?? 1;

  const spacings = numbers('spacings');
  const steps = [0, 1, 2].map((i): Triple | undefined => {
    const axis = spatial[i];
    if (axis !== undefined && vectors) return vectors[axis]!;
    const step: [number, number, number] = [0, 0, 0];
    const spacing = axis === undefined ? 1 : (spacings?.[axis] ?? 1);
    step[i] = Number.isNaN(spacing) ? 1 : spacing;
    return axis === undefined && vectors ? undefined : step;
  });
  const first = steps[0]!;
  const second = steps[1] ?? normalTo(first, first[2] === 0 ? [0, 0, 1] : [0, 1, 0]);
  const third = steps[2] ?? normalTo(first, second);
  const space = fields
    .get('space')
    ?.toLowerCase()
    .replace(/-time$/, '');
  const signs = space === undefined ? spaces.lps! : spaces[space];
  if (!signs) return fail(`an NRRD space must be right-, left-anterior- or left-posterior-superior, got ${space}`);
  const origin = readOrigin(fields.get('space origin'), fail);
  const geometry = geometryOf([first, second, third], origin);
  if (!geometry) return fail('NRRD space directions and origin must be finite and span space');
  return { size, channels, channelStride, geometry: flipWorld(geometry, signs) };
}

/** `(1,0,0) none (0,1,0)`: a vector an axis, padded to three numbers; undefined where the axis is not one of space. */
function readVectors(
  text: string | undefined,
  dimension: number,
  fail: (rule: string) => never,
): (Triple | undefined)[] | undefined {
  if (text === undefined) return undefined;
  const parts = text.match(/none|\([^()]*\)/g) ?? [];
  if (parts.length !== dimension) fail(`NRRD space directions must be one per axis, got "${text.slice(0, 80)}"`);
  return parts.map((part) => (part === 'none' || isTime(part) ? undefined : readVector(part, fail)));
}

function readOrigin(text: string | undefined, fail: (rule: string) => never): Triple {
  return text === undefined ? [0, 0, 0] : readVector(text, fail);
}

const numbersIn = (text: string): number[] => text.replace(/[()]/g, '').split(',').map(Number);

/** Whether a vector runs along the fourth axis of a space with time, and along no other. */
function isTime(text: string): boolean {
  const [x, y, z, time] = numbersIn(text);
  return x === 0 && y === 0 && z === 0 && time !== undefined && time !== 0;
}

function readVector(text: string, fail: (rule: string) => never): Triple {
  const numbers = numbersIn(text);
  if (numbers.length === 4 && numbers[3] === 0) numbers.pop(); // a moment in a space with time
  if (numbers.length < 2 || numbers.length > 3 || numbers.some(Number.isNaN))
    fail(`an NRRD vector must be two or three numbers in brackets, got "${text.slice(0, 60)}"`);
  return [numbers[0]!, numbers[1]!, numbers[2] ?? 0];
}

/**
 * Smooth noise in about [-1, 1], the same for the same place and seed: random values on whole-numbered places,
 * blended between them, in octaves of twice the frequency and half the height (Perlin 1985, with values for gradients).
 *
 * @example fractalNoise(x / 8, y / 8, 42, 3)
 */
export function fractalNoise(x: number, y: number, seed: number, octaves: number): number {
  let sum = 0;
  let height = 1;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    sum += height * valueNoise(x, y, seed + octave * 0x9e3779b1);
    total += height;
    height /= 2;
    x *= 2;
    y *= 2;
  }
  return sum / total;
}

function valueNoise(x: number, y: number, seed: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const across = fade(x - left);
  const down = fade(y - top);
  const above = lattice(left, top, seed) * (1 - across) + lattice(left + 1, top, seed) * across;
  const below = lattice(left, top + 1, seed) * (1 - across) + lattice(left + 1, top + 1, seed) * across;
  return above * (1 - down) + below * down;
}

function fade(t: number): number {
  return t * t * t * (t * (6 * t - 15) + 10);
}

/** A value in [-1, 1) for a whole-numbered place. */
function lattice(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2147483648 - 1;
}

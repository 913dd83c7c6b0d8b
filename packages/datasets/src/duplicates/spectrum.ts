import { SIDE } from './thumbnail.ts';

/** Highest frequency along an axis, in periods per side. */
const HIGHEST = 6;

/** Cosines and sines of each frequency, under a window that lets the border fade. */
const waves: { cos: Float64Array; sin: Float64Array }[] = Array.from({ length: HIGHEST + 1 }, (_, frequency) => {
  const wave = (shape: (angle: number) => number): Float64Array =>
    Float64Array.from({ length: SIDE }, (__, x) => {
      const window = Math.sin((Math.PI * (x + 0.5)) / SIDE) ** 2;
      return window * shape((2 * Math.PI * frequency * (x + 0.5)) / SIDE);
    });
  return { cos: wave(Math.cos), sin: wave(Math.sin) };
});

/** Shifts of the window, so that a picture that was moved has one in which it is nearly where it was. */
const shifts = [0, -2, 2].flatMap((dy) => [0, -2, 2].map((dx) => [dy, dx] as const));

/** {@link spectrumOf} a picture under a window in the middle, which comes first, and in eight places around it. */
export function spectraOf(picture: Float32Array): Float32Array[] {
  return shifts.map(([dy, dx]) => spectrumOf(moved(picture, dy, dx)));
}

function moved(picture: Float32Array, dy: number, dx: number): Float32Array {
  if (dy === 0 && dx === 0) return picture;
  const out = new Float32Array(picture.length);
  for (let y = Math.max(0, dy); y < Math.min(SIDE, SIDE + dy); y++)
    for (let x = Math.max(0, dx); x < Math.min(SIDE, SIDE + dx); x++)
      out[y * SIDE + x] = picture[(y - dy) * SIDE + x - dx]!;
  return out;
}

/**
 * What stays of a picture, [SIDE, SIDE], when it is moved a little, flipped or turned by right angles, or made brighter:
 * the magnitudes of its spectrum, of each frequency and those that it becomes by flips and turns in the order of their
 * size, as shares of all.
 */
function spectrumOf(picture: Float32Array): Float32Array {
  const magnitude = magnitudes(picture);
  const values: number[] = [];
  for (let u = 1; u <= HIGHEST; u++)
    for (let v = 0; v <= u; v++) {
      const orbit = v === 0 ? [magnitude(u, 0), magnitude(0, u)] : [magnitude(u, v), magnitude(u, -v)];
      if (v > 0 && v < u) orbit.push(magnitude(v, u), magnitude(v, -u));
      values.push(...orbit.sort((a, b) => b - a));
    }
  const sum = values.reduce((a, b) => a + b, 0);
  // The root makes large and small magnitudes vary alike.
  return Float32Array.from(values, (value) => (sum > 0 ? Math.sqrt(value / sum) : 0));
}

/** The magnitude of the spectrum at `u` periods down the columns and `v` along the rows. */
function magnitudes(picture: Float32Array): (u: number, v: number) => number {
  // Sums along rows first: for each frequency those of the cosine and of the sine, by row.
  const sums = waves.map(({ cos, sin }) => {
    const [even, odd] = [new Float64Array(SIDE), new Float64Array(SIDE)];
    for (let y = 0; y < SIDE; y++) {
      let [sumOfCos, sumOfSin] = [0, 0];
      for (let x = 0; x < SIDE; x++) {
        const value = picture[y * SIDE + x]!;
        sumOfCos += cos[x]! * value;
        sumOfSin += sin[x]! * value;
      }
      even[y] = sumOfCos;
      odd[y] = sumOfSin;
    }
    return { even, odd };
  });
  return (u, v) => {
    const { cos, sin } = waves[u]!;
    const { even, odd } = sums[Math.abs(v)]!;
    let [cosCos, sinSin, cosSin, sinCos] = [0, 0, 0, 0];
    for (let y = 0; y < SIDE; y++) {
      cosCos += cos[y]! * even[y]!;
      sinSin += sin[y]! * odd[y]!;
      cosSin += cos[y]! * odd[y]!;
      sinCos += sin[y]! * even[y]!;
    }
    // The cosine and the sine of the sum of both angles, or of their difference.
    return v < 0 ? Math.hypot(cosCos + sinSin, sinCos - cosSin) : Math.hypot(cosCos - sinSin, sinCos + cosSin);
  };
}

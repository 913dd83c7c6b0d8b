import type { Random } from '@medseg/random';

type Point = readonly [number, number];

// Three blobs of unequal weight, the smallest kind of distribution on which solvers differ.
const blobs: readonly { weight: number; centre: Point; deviation: number }[] = [
  { weight: 0.5, centre: [-0.7, -0.4], deviation: 0.18 },
  { weight: 0.3, centre: [0.7, -0.2], deviation: 0.25 },
  { weight: 0.2, centre: [0.1, 0.8], deviation: 0.15 },
];

/** E[x0 | x] for x = signal x0 + noise e, x0 from the mixture: a mixture of normal distributions itself. */
export function expectedClean([x, y]: Point, signal: number, noise: number): Point {
  const logs = blobs.map(({ weight, centre, deviation }) => {
    const variance = (signal * deviation) ** 2 + noise ** 2;
    const distance = (x - signal * centre[0]) ** 2 + (y - signal * centre[1]) ** 2;
    return Math.log(weight) - Math.log(variance) - distance / (2 * variance);
  });
  const largest = Math.max(...logs);
  const shares = logs.map((log) => Math.exp(log - largest));
  const total = shares.reduce((a, b) => a + b);
  let [cleanX, cleanY] = [0, 0];
  blobs.forEach(({ centre, deviation }, k) => {
    const gain = (signal * deviation ** 2) / ((signal * deviation) ** 2 + noise ** 2);
    const share = shares[k]! / total;
    cleanX += share * (centre[0] + gain * (x - signal * centre[0]));
    cleanY += share * (centre[1] + gain * (y - signal * centre[1]));
  });
  return [cleanX, cleanY];
}

/** `count` points of the mixture, x and y in turn. */
export function mixtureSample(random: Random, count: number): Float64Array {
  const points = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    let left = random.uniform();
    const blob =
      blobs.find(({ weight }) => {
        left -= weight;
        return left < 0;
      }) ?? blobs[0]!;
    points[2 * i] = blob.centre[0] + blob.deviation * random.normal();
    points[2 * i + 1] = blob.centre[1] + blob.deviation * random.normal();
  }
  return points;
}

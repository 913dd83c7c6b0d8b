/** Energy distance of two sets of points in the plane (Székely & Rizzo 2013): 0 only for equal distributions. */
export function energyDistance(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(Math.max(0, 2 * meanDistance(a, b) - meanDistance(a, a) - meanDistance(b, b)));
}

function meanDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 2) {
    for (let j = 0; j < b.length; j += 2) sum += Math.hypot(a[i]! - b[j]!, a[i + 1]! - b[j + 1]!);
  }
  return sum / ((a.length / 2) * (b.length / 2));
}

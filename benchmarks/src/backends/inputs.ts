import { createRandom } from '@medseg/random';
import { type Case, type HostArray, sizeOf } from './case.ts';

/** The inputs of a case, the same in every process and page; each value is a float32. */
export function inputsOf({ operation, detail, shapes, values = 'normal' }: Case): HostArray[] {
  const random = createRandom(1).fork(`${operation} ${detail}`);
  return shapes.map((shape, i) => {
    const own = random.fork(i);
    const size = sizeOf(shape);
    if (values === 'distinct') {
      const data = Float64Array.from(own.permutation(size), (place) => Math.fround(0.1 * (place - size / 2)));
      return { shape, data };
    }
    const data = Float64Array.from(own.fillNormal(new Float32Array(size)));
    return { shape, data: values === 'positive' ? data.map((v) => Math.fround(Math.abs(v) + 0.5)) : data };
  });
}

/** The factors of the sum whose gradient is checked. */
export function outputWeights(size: number): Float64Array {
  return Float64Array.from(createRandom(2).fillNormal(new Float32Array(size)));
}

/** Up to `count` places spread over an array of a given size, the first and the last among them. */
export function samplePlaces(size: number, count = 10): number[] {
  if (size <= count) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round((i * (size - 1)) / (count - 1)));
}

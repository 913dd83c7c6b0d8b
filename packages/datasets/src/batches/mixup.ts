import type { Random } from '@medseg/random';
import type { Batch } from './batch.ts';

/**
 * Mixes each sample of a batch with another one of it: x = λ a + (1 - λ) b for image and mask alike, λ drawn from
 * Beta(alpha, alpha) for each and at least a half, so that a sample stays mostly itself (Zhang et al. 2018, eq. 1). A pixel
 * counts as much as in both: where one of them is to be ignored, what the mixture is there is not known.
 *
 * Throws RangeError when `alpha` is not positive.
 */
export function mixup(batch: Batch, random: Random, alpha: number): Batch {
  if (!(alpha > 0)) throw new RangeError(`mixup: alpha must be positive, got ${alpha}`);
  const count = batch.ids.length;
  const partner = random.permutation(count);
  const shares = Array.from({ length: count }, () => {
    const share = beta(random, alpha);
    return Math.max(share, 1 - share);
  });
  const mix = (values: Float32Array): Float32Array => {
    const size = values.length / count;
    const out = new Float32Array(values.length);
    for (let b = 0; b < count; b++) {
      const [from, other, share] = [b * size, partner[b]! * size, shares[b]!];
      for (let i = 0; i < size; i++) out[from + i] = share * values[from + i]! + (1 - share) * values[other + i]!;
    }
    return out;
  };
  const { pixelWeights } = batch;
  const size = (pixelWeights?.length ?? 0) / count;
  const weights = pixelWeights?.map(
    (weight, i) => weight * pixelWeights[partner[Math.floor(i / size)]! * size + (i % size)]!,
  );
  return { ...batch, images: mix(batch.images), masks: mix(batch.masks), ...(weights && { pixelWeights: weights }) };
}

/** A number of Beta(a, a) as the ratio of two gamma numbers. */
function beta(random: Random, a: number): number {
  const [x, y] = [gamma(random, a), gamma(random, a)];
  return x + y > 0 ? x / (x + y) : 0.5;
}

/** A number of Gamma(shape, 1) (Marsaglia & Tsang 2000). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

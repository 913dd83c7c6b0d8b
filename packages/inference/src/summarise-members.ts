import type { ClassReading } from '@medseg/diffusion';
import { binaryEntropy, choiceEntropy } from './entropy.ts';
import type { Segmentation } from './segmentation.ts';

/** Mean, spread and uncertainty of an ensemble; each member has the probabilities of `classes` classes a pixel. */
export function summariseMembers(
  members: readonly Float32Array[],
  { classes, reading }: { classes: number; reading: ClassReading },
): Pick<Segmentation, 'probability' | 'uncertainty' | 'spread'> {
  const size = members[0]!.length;
  const probability = new Float32Array(size);
  const spread = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (const member of members) sum += member[i]!;
    const mean = sum / members.length;
    let squares = 0;
    for (const member of members) squares += (member[i]! - mean) ** 2;
    probability[i] = mean;
    spread[i] = Math.sqrt(squares / members.length);
  }
  const uncertainty = new Float32Array(size / classes);
  for (let pixel = 0; pixel < uncertainty.length; pixel++) {
    const own = probability.subarray(pixel * classes, (pixel + 1) * classes);
    uncertainty[pixel] = reading === 'softmax' ? choiceEntropy(own) : Math.max(...own.map(binaryEntropy));
  }
  return { probability, spread, uncertainty };
}

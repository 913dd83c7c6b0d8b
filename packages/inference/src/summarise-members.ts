import type { Activation } from '@medseg/diffusion';
import { binaryEntropy } from '@medseg/metrics';
import { choiceEntropy } from './choice-entropy.ts';
import type { Segmentation } from './segmentation.ts';

/** Mean, spread and uncertainty of an ensemble; each member has the probabilities of `classes` classes per pixel. */
export function summariseMembers(
  members: readonly Float32Array[],
  {
    classes,
    activation,
  }: {
    readonly classes: number;
    /** How uncertainty is measured: 'softmax' over all classes at once, 'sigmoid' for each by itself. */
    readonly activation: Activation;
  },
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
    uncertainty[pixel] = activation === 'softmax' ? choiceEntropy(own) : Math.max(...own.map(bitsOf));
  }
  return { probability, spread, uncertainty };
}

function bitsOf(p: number): number {
  return binaryEntropy(p, Math.log2);
}

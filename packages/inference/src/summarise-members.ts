import { kindOf, requireList, requireOneOf, requireOptions } from '@medseg/arguments';
import type { Activation } from '@medseg/diffusion';
import { binaryEntropy } from '@medseg/metrics';
import { choiceEntropy } from './choice-entropy.ts';
import type { Segmentation } from './segmentation.ts';

/**
 * Mean, spread and uncertainty of an ensemble; each member has the probabilities of `classes` classes per pixel, 0 to 1.
 * Throws TypeError or RangeError for no members, members that differ in length or are no arrays, values that are no
 * probabilities, and classes that do not divide the values.
 *
 * @example
 * const members = [Float32Array.of(0, 1), Float32Array.of(1, 1)];
 * summariseMembers(members, { classes: 1, activation: 'sigmoid' }).probability // [0.5, 1]
 */
export function summariseMembers(
  members: readonly Float32Array[],
  options: {
    /** Classes of a pixel, side by side. */
    readonly classes: number;
    /** How uncertainty is measured: 'softmax' over all classes at once, 'sigmoid' for each by itself. */
    readonly activation: Activation;
  },
): Pick<Segmentation, 'probability' | 'uncertainty' | 'spread'> {
  requireOptions('summariseMembers', options, { classes: true, activation: true });
  const { classes, activation } = options;
  requireOneOf('summariseMembers: activation', activation, ['sigmoid', 'softmax']);
  const size = requireMembers(members, classes);
  const probability = new Float32Array(size);
  const spread = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (const member of members) sum += member[i]!;
    const mean = sum / members.length;
    if (!(mean >= 0 && mean <= 1)) throw notProbability(members, i);
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

/** Values of a member. */
function requireMembers(members: readonly Float32Array[], classes: number): number {
  requireList('summariseMembers: members', members);
  if (members.length === 0) throw new RangeError('summariseMembers: needs at least one member, got none');
  requireList('summariseMembers: members[0]', members[0]);
  const size = members[0]!.length;
  for (const [i, member] of members.entries()) {
    requireList(`summariseMembers: members[${i}]`, member);
    if (member.length !== size) {
      throw new RangeError(
        `summariseMembers: members must have the same length; members[0] has ${size} values, members[${i}] has ${member.length}`,
      );
    }
  }
  if (!(Number.isInteger(classes) && classes >= 1 && size % classes === 0)) {
    throw new RangeError(
      `summariseMembers: classes must be a positive whole number that divides the ${size} values, got ${kindOf(classes)}`,
    );
  }
  return size;
}

function notProbability(members: readonly Float32Array[], i: number): RangeError {
  const wrong = Math.max(
    0,
    members.findIndex((member) => !(member[i]! >= 0 && member[i]! <= 1)),
  );
  return new RangeError(
    `summariseMembers: members[${wrong}][${i}] must be a probability from 0 to 1, got ${members[wrong]![i]}`,
  );
}

function bitsOf(p: number): number {
  return binaryEntropy(p, Math.log2);
}

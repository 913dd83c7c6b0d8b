import { checkMembers, checkProbabilities, type Probabilities } from '../arrays.ts';
import { binaryEntropy } from './binary-entropy.ts';

/**
 * Entropy of each pixel's probability in nats, -p ln p - (1-p) ln (1-p): 0 where the model is sure, ln 2 where it does
 * not know.
 *
 * probabilities: [pixels] in [0, 1]. Throws RangeError when a value is out of range.
 *
 * @example entropy(Float32Array.of(0.5, 1)) // [0.693, 0]
 */
export function entropy(probabilities: Probabilities): Float64Array {
  checkProbabilities('entropy', 'probabilities', probabilities);
  return Float64Array.from(probabilities, (p) => binaryEntropy(p));
}

/** Maps of an ensemble's uncertainty, all [pixels]. */
export interface EnsembleUncertainty {
  /** Mean probability. */
  readonly mean: Float64Array;
  /** Variance of the members' probabilities, over N (not N - 1); at most 1/4. */
  readonly variance: Float64Array;
  /** Entropy of the mean, in nats: all uncertainty. */
  readonly entropy: Float64Array;
  /** Mean of the members' entropies, in nats: what the data leave open (aleatoric). */
  readonly expectedEntropy: Float64Array;
  /** Their difference, in nats: what the members disagree about (epistemic), also known as BALD. */
  readonly mutualInformation: Float64Array;
}

/**
 * Mean, variance, entropy and mutual information of an ensemble, pixel by pixel (Houlsby et al. 2011, eq. 2; Smith &
 * Gal 2018).
 *
 * members: N probability maps or masks [pixels] in [0, 1]. Throws RangeError when there is none, shapes differ or a
 * value is out of range.
 *
 * @example ensembleUncertainty([Float32Array.of(0, 0.5), Float32Array.of(1, 0.5)]).mutualInformation // [0.693, 0]
 */
export function ensembleUncertainty(members: readonly Probabilities[]): EnsembleUncertainty {
  const length = checkMembers('ensembleUncertainty', members);
  for (const [j, member] of members.entries()) checkProbabilities('ensembleUncertainty', `members[${j}]`, member);
  const mean = new Float64Array(length);
  const variance = new Float64Array(length);
  const total = new Float64Array(length);
  const expectedEntropy = new Float64Array(length);
  const mutualInformation = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    let entropies = 0;
    for (const member of members) {
      sum += member[i]!;
      entropies += binaryEntropy(member[i]!);
    }
    const p = sum / members.length;
    let squares = 0;
    for (const member of members) squares += (member[i]! - p) ** 2;
    mean[i] = p;
    variance[i] = squares / members.length;
    total[i] = binaryEntropy(Math.min(1, p));
    expectedEntropy[i] = entropies / members.length;
    mutualInformation[i] = Math.max(0, total[i]! - expectedEntropy[i]!); // below 0 by rounding alone
  }
  return { mean, variance, entropy: total, expectedEntropy, mutualInformation };
}

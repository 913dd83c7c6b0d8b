import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkMembers, type Labels, type Probabilities } from '../arrays.ts';

/**
 * The mean of several probability maps or masks, pixel by pixel: the fraction of votes where members are masks.
 *
 * members: N arrays [pixels], finite. Throws RangeError when there is none, shapes differ or a value is not finite.
 *
 * @example meanFusion([Uint8Array.of(1, 0), Uint8Array.of(1, 1)]) // [1, 0.5]
 */
export function meanFusion(members: readonly Probabilities[]): Float64Array {
  const length = checkMembers('meanFusion', members);
  const mean = new Float64Array(length);
  for (const [j, member] of members.entries()) {
    for (let i = 0; i < length; i++) {
      const value = member[i]!;
      if (!Number.isFinite(value))
        throw new RangeError(`meanFusion: members[${j}][${i}] is ${value}; values are finite`);
      mean[i] = mean[i]! + value;
    }
  }
  for (let i = 0; i < length; i++) mean[i] = mean[i]! / members.length;
  return mean;
}

/** Options of `majorityVote`. */
export interface MajorityVoteOptions {
  /** The label written where several labels share the most votes; the lowest of them unless told. */
  readonly tie?: number;
}

const majorityVoteOptionNames: OptionNames<MajorityVoteOptions> = { tie: true };

/**
 * The label that most members give each pixel; for masks, 1 where more than half of them say 1.
 *
 * members: N label maps or masks [pixels] of integers in 0..255. A tie gives the lowest of the tied labels (for two
 * masks: the background) or `tie`, which is how ITK's LabelVoting marks undecided pixels. Throws RangeError when
 * there is no member, shapes differ or a value is not such an integer.
 *
 * @example majorityVote([Uint8Array.of(1, 0), Uint8Array.of(1, 1), Uint8Array.of(0, 0)]) // [1, 0]
 */
export function majorityVote(members: readonly Labels[], options: MajorityVoteOptions = {}): Uint8Array {
  requireOptions('majorityVote', options, majorityVoteOptionNames);
  const length = checkMembers('majorityVote', members);
  const { tie } = options;
  if (tie !== undefined && !(Number.isInteger(tie) && tie >= 0 && tie <= 255)) {
    throw new RangeError(`majorityVote: tie must be an integer in 0..255, got ${tie}`);
  }
  const fused = new Uint8Array(length);
  const votes = new Int32Array(256);
  for (let i = 0; i < length; i++) {
    let highest = 0;
    for (let j = 0; j < members.length; j++) {
      const label = members[j]![i]!;
      if (!(label >= 0 && label <= 255) || label !== Math.floor(label)) {
        throw new RangeError(`majorityVote: members[${j}][${i}] is ${label}; labels are integers in 0..255`);
      }
      votes[label] = votes[label]! + 1;
      if (label > highest) highest = label;
    }
    let winner = 0;
    let tied = false;
    for (let label = 1; label <= highest; label++) {
      if (votes[label]! > votes[winner]!) {
        winner = label;
        tied = false;
      } else if (votes[label] === votes[winner]) tied = true;
    }
    fused[i] = tied && tie !== undefined ? tie : winner;
    votes.fill(0, 0, highest + 1);
  }
  return fused;
}

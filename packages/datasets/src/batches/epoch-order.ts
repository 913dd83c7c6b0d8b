import { createRandom } from '@medseg/random';

/** Samples that are read together, such as the slices of a volume. */
export interface Groups {
  /** The group of a sample. */
  of(index: number): number;
  /** Groups that are in memory at once. */
  readonly atOnce: number;
}

/**
 * The order of samples in each epoch, drawn from (seed, epoch).
 *
 * Without groups, and where all of them are in memory at once, every order is equally likely. Else groups come in
 * random order, so many at once, and the samples of those are shuffled: each group is read once per epoch.
 */
export function createEpochOrder(count: number, seed: number, groups?: Groups): (epoch: number) => ArrayLike<number> {
  const root = createRandom(seed);
  const members = new Map<number, number[]>();
  if (groups) {
    for (let i = 0; i < count; i++) {
      const group = groups.of(i);
      const list = members.get(group);
      if (list) list.push(i);
      else members.set(group, [i]);
    }
  }
  const drawOrder = (epoch: number): number[] => {
    const random = root.fork(`order/${epoch}`);
    if (!groups || members.size <= groups.atOnce) return random.permutation(count);
    const names = [...members.keys()];
    const drawn = random.permutation(names.length).map((i) => members.get(names[i]!)!);
    const order: number[] = [];
    for (let start = 0; start < drawn.length; start += groups.atOnce) {
      const together = drawn.slice(start, start + groups.atOnce).flat();
      for (const i of random.permutation(together.length)) order.push(together[i]!);
    }
    return order;
  };
  // Only a memory of what can be computed again; two epochs meet in one batch and in what is prefetched.
  const known = new Map<number, number[]>();
  return (epoch) => {
    let order = known.get(epoch);
    if (!order) {
      order = drawOrder(epoch);
      known.set(epoch, order);
      if (known.size > 3) known.delete(known.keys().next().value!);
    }
    return order;
  };
}

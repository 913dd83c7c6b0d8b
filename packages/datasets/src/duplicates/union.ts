/** Disjoint sets of the numbers below `n`, joined two by two (Tarjan 1975). */
export class DisjointSets {
  private readonly parents: Int32Array;

  constructor(n: number) {
    this.parents = Int32Array.from({ length: n }, (_, i) => i);
  }

  /** The smallest number in the set of `i`. */
  find(i: number): number {
    let root = i;
    while (this.parents[root] !== root) root = this.parents[root]!;
    for (let at = i; at !== root; ) {
      const next = this.parents[at]!;
      this.parents[at] = root;
      at = next;
    }
    return root;
  }

  join(i: number, j: number): void {
    const [a, b] = [this.find(i), this.find(j)];
    this.parents[Math.max(a, b)] = Math.min(a, b);
  }

  /** The sets of two or more, each in order. */
  sets(): number[][] {
    const bySet = new Map<number, number[]>();
    for (let i = 0; i < this.parents.length; i++) {
      const root = this.find(i);
      bySet.set(root, [...(bySet.get(root) ?? []), i]);
    }
    return [...bySet.values()].filter((members) => members.length > 1);
  }
}

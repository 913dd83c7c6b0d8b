/** The segmentation of one image on the network's grid; arrays row by row, with the classes of a pixel side by side. */
export interface Segmentation {
  readonly height: number;
  readonly width: number;
  /** Classes K, the background not counted. */
  readonly classes: number;
  /** Mean over the members of the probability that a pixel belongs to each class, H * W * K. */
  readonly probability: Float32Array;
  /**
   * Where the ensemble as a whole is undecided, 0 to 1, H * W: the entropy of a pixel's probabilities over that of
   * an even choice; of classes that may overlap, the largest of their binary entropies.
   */
  readonly uncertainty: Float32Array;
  /** Standard deviation of the members' probabilities, H * W * K: where they disagree with each other. */
  readonly spread: Float32Array;
  /** Probability of each member, H * W * K. */
  readonly members: readonly Float32Array[];
  /** Probability by the anchor head alone, without diffusion, H * W * K; of networks that have one. */
  readonly anchor?: Float32Array;
}

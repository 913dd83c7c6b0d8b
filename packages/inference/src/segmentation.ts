/** The segmentation of one image on the network's grid; arrays row by row, with the classes of a pixel side by side. */
export interface Segmentation {
  /** Pixels along each axis, slowest first: [height, width] of an image. */
  readonly size: readonly number[];
  /** Classes K, the background not counted. */
  readonly classes: number;
  /** Mean over the members of the probability that a pixel belongs to each class, pixels * K. */
  readonly probability: Float32Array;
  /**
   * Where the ensemble as a whole is undecided, 0 to 1, one value per pixel: the entropy of a pixel's probabilities over
   * that of an even choice; of classes that may overlap, the largest of their binary entropies.
   */
  readonly uncertainty: Float32Array;
  /** Standard deviation of the members' probabilities, pixels * K: where they disagree with each other. */
  readonly spread: Float32Array;
  /** Probability of each member, pixels * K; only with the option `keepMembers`. */
  readonly members?: readonly Float32Array[];
  /** Probability by the anchor head without diffusion, pixels * K; of networks that have one. */
  readonly anchor?: Float32Array;
}

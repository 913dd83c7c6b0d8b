/** A batch on the host: images [B, H, W, C] and masks [B, H, W, K], a channel per class, in {0, 1}, and the names of its cases. */
export interface TrainingBatch {
  /** [B, H, W, C], normalised as for segmentation, row by row. */
  readonly images: Float32Array;
  /** [B, H, W, K] from 0 to 1, row by row. */
  readonly masks: Float32Array;
  /** [B, H, W, C]. */
  readonly imageShape: readonly number[];
  /** [B, H, W, K]. */
  readonly maskShape: readonly number[];
  /** Names of the cases, for messages; as many as images. */
  readonly ids: readonly string[];
  /** How much each pixel counts, [B, H, W] in [0, 1]; 0 where the truth is not known. All alike unless given. */
  readonly pixelWeights?: Float32Array | undefined;
}

/** A batch whose shapes are known to have four axes. */
export interface CheckedBatch extends TrainingBatch {
  /** [B, H, W, C]. */
  readonly imageShape: readonly [number, number, number, number];
  /** [B, H, W, K]. */
  readonly maskShape: readonly [number, number, number, number];
}

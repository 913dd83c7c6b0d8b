/** What a call of a layer or a network brings beside its tensors: `layer.apply(x, { training: true, random })`. */
export interface CallContext {
  /** Whether layers that behave otherwise in training do so. Default false. */
  readonly training?: boolean;
  /** Where dropout draws its masks from, such as `createRandom(1)`; needed where there is dropout and `training` is true. Default none. */
  readonly random?: {
    /** A number in [0, 1). */
    uniform(): number;
  };
}

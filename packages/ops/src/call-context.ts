/** What a call of a layer or a network brings beside its tensors: `layer.apply(x, { training: true, random })`. */
export interface CallContext {
  /** Whether layers that behave otherwise in training do so; by default false. */
  readonly training?: boolean;
  /** Where dropout draws its masks from; needed where there is dropout and `training` is true. */
  readonly random?: { uniform(): number };
}

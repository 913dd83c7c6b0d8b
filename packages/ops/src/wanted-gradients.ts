let wanted: readonly string[] | undefined;

/**
 * The inputs of the operation that is being differentiated whose gradients are asked for, so that one kernel can compute
 * all of them at once; undefined where nobody has said so, and each is to be computed when it is asked for.
 */
export function wantedGradients(): readonly string[] | undefined {
  return wanted;
}

/** Runs `work`, in which {@link wantedGradients} gives these names. */
export function withWantedGradients<T>(names: readonly string[], work: () => T): T {
  const outer = wanted;
  wanted = names;
  try {
    return work();
  } finally {
    wanted = outer;
  }
}

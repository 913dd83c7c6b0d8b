/** How a page drew while something was at work. */
export interface Frames {
  readonly seconds: number;
  readonly perSecond: number;
  /** The longest time between two frames, in milliseconds. */
  readonly longestGap: number;
}

/** Counts the animation frames of a page while `work` is done. */
export async function countFrames(work: () => Promise<void>): Promise<Frames> {
  let frames = 0;
  let longestGap = 0;
  let done = false;
  const started = performance.now();
  let last = started;
  const look = (): void => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    last = now;
    if (done) return;
    frames++;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  try {
    await work();
  } finally {
    done = true;
  }
  const seconds = (performance.now() - started) / 1000;
  return { seconds, perSecond: frames / seconds, longestGap: Math.max(longestGap, performance.now() - last) };
}

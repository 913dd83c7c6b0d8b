/** Milliseconds on a clock that all threads share. */
export function epochTime(): number {
  return performance.timeOrigin + performance.now();
}

/** Whether something settles within so many milliseconds; messages that have come by then are let in first. */
export async function settlesWithin(event: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const settled = event.then(() => true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const after = (delay: number): Promise<boolean> =>
    new Promise((resolve) => {
      timer = setTimeout(() => resolve(false), delay);
    });
  try {
    if (await Promise.race([settled, after(Math.max(0, milliseconds))])) return true;
    // Between two timers the loop looks for messages.
    for (const _ of [1, 2]) if (await Promise.race([settled, after(0)])) return true;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

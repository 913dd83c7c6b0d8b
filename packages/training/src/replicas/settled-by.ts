/** Whether something has settled by a time of `performance.now`; messages that have come by then are let in first. */
export async function settledBy(event: Promise<unknown>, time: number): Promise<boolean> {
  const settled = event.then(() => true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const after = (milliseconds: number): Promise<boolean> =>
    new Promise((resolve) => {
      timer = setTimeout(() => resolve(false), milliseconds);
    });
  try {
    if (await Promise.race([settled, after(Math.max(0, time - performance.now()))])) return true;
    // Between two timers the loop looks for messages.
    for (const _ of [1, 2]) if (await Promise.race([settled, after(0)])) return true;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** What Node has and a page has not. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/** Those who wait, in the order in which they came. */
const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

/**
 * Waits for the next task of the event loop. On WASM and in plain JavaScript tensors are computed while they are asked
 * for, so that a loop of `await`s never lets anything else run; with this between two steps, timers, messages, clicks
 * and frames have their turn. It costs some microseconds.
 *
 * @example
 * for (let i = 0; i < 3; i++) {
 *   tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]))); // a step of a longer computation
 *   await nextTask();
 * }
 */
export function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  // A timer waits for 4 ms once it is nested; a message does not.
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  const { port2 } = channel;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}

/** TensorFlow's RESOURCE_EXHAUSTED, and what the driver and its libraries say where a card has no room even to begin. */
const EXHAUSTED = /Invalid TF_Status: 8\b|CUDA_ERROR_OUT_OF_MEMORY|CU(?:DNN|BLAS)_STATUS_ALLOC_FAILED/;

/**
 * What a native library says where memory is used up, of a graphics card or of the machine, in one line; undefined for
 * every other error.
 *
 * @example outOfMemory(error) // 'no memory for a tensor of [16,64,64,64] on GPU:0'
 */
export function outOfMemory(error: unknown): string | undefined {
  if (!(error instanceof Error) || !EXHAUSTED.test(error.message)) return undefined;
  const [, shape, device] = /allocating tensor with shape\[([\d,]*)\].*?device:(\w+:\d+)/.exec(error.message) ?? [];
  if (shape !== undefined) return `no memory for a tensor of [${shape}] on ${device}`;
  const said = error.message.replace(/^Invalid TF_Status: \d+\s+Message: /, '');
  return `no memory left: ${said.split('\n', 1)[0]}`;
}

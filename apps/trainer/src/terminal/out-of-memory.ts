import * as native from '@medseg/backend-native';
import * as wasm from '@medseg/backend-wasm';

/** What V8 and Node say where there is no memory for an array, or it would be longer than any can be. */
const NO_ARRAY =
  /^(?:Array buffer allocation failed|Invalid typed array length(?:: \d+)?|Invalid array (?:buffer )?length|Invalid string length|Cannot create a string longer than .*|WebAssembly\.Memory(?:\.grow)?\(\): .*)$/;
/** Of errors of the system and of threads. */
const CODES = ['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_BUFFER_TOO_LARGE'];

/**
 * What an error says of memory that is used up, of a backend's or of the process, in one line; undefined for every other
 * error.
 *
 * @example outOfMemory(new RangeError('Array buffer allocation failed')) // 'no memory left: Array buffer allocation failed'
 */
export function outOfMemory(error: unknown): string | undefined {
  const heap = wasm.outOfMemory(error);
  if (heap !== undefined) return `no memory left: ${heap}`;
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  const isOurs = error instanceof RangeError && NO_ARRAY.test(error.message);
  if (isOurs || (code !== undefined && CODES.includes(code)))
    return `no memory left: ${error.message.split('\n', 1)[0]}`;
  return native.outOfMemory(error);
}

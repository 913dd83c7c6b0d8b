import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc'); // contexts made from here on have the function
const collect = runInNewContext('gc') as () => void;

/** Runs V8's collector and the finalisers of what it found, so that memory looked at next is memory in use. */
export async function collectGarbage(): Promise<void> {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}

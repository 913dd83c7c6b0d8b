import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Where every TensorFlow looks for libraries of CUDA; for some of them each version looks elsewhere, or nowhere. */
const COMMON = 'cuda_runtime';

/**
 * Makes every library of CUDA below a folder `nvidia/` of an install known where TensorFlow looks for that of the
 * runtime. The libraries of TensorFlow name the folders in which they look one by one, and not all of them: that for
 * cuSOLVER is missing in 2.21, that for CUPTI in 2.15.
 */
export function linkCudaLibraries(nvidia: string): void {
  const common = join(nvidia, COMMON, 'lib');
  mkdirSync(common, { recursive: true });
  for (const part of readdirSync(nvidia)) {
    const folder = join(nvidia, part, 'lib');
    if (part === COMMON || !existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      if (!/\.so(?:\.|$)/.test(name) || existsSync(join(common, name))) continue;
      symlinkSync(join('..', '..', part, 'lib', name), join(common, name));
    }
  }
}

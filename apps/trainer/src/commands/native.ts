import {
  cachedInstalls,
  DEFAULT_VERSION,
  findInstall,
  type InstallSource,
  install,
  probe,
  removeInstalls,
} from '@medseg/backend-native';
import { output } from '../output.ts';
import { createProgress } from '../progress.ts';
import { UserError } from '../user-error.ts';

export interface NativeInstallOptions {
  readonly source: InstallSource;
  readonly version?: string;
  readonly gpu?: boolean;
}

/** `medseg native install`: brings TensorFlow's library into the user's cache, or finds one that loads. */
export async function installNative({ source, version, gpu }: NativeInstallOptions): Promise<void> {
  if (gpu) {
    throw new UserError(
      'native install: --gpu is not there yet: the library that can be installed is for the processor',
    );
  }
  const progress = createProgress('downloading');
  try {
    const found = await install({
      source,
      ...(version !== undefined && { version }),
      onNote: (line) => output.remark(line),
      onProgress: (share, note) => progress.update(share, note),
    });
    progress.stop();
    output.result(`native: TensorFlow ${(await probe(found.binding)).tensorflow} in ${found.folder}`);
  } finally {
    progress.stop();
  }
}

/** `medseg native status`: what is installed and whether it works; exits with 1 where nothing does. */
export async function nativeStatus(): Promise<void> {
  const used = findInstall();
  if (used === undefined) {
    output.result(`native: not installed; medseg native install brings TensorFlow ${DEFAULT_VERSION}`);
    process.exitCode = 1;
    return;
  }
  const others = cachedInstalls().filter(({ folder }) => folder !== used.folder);
  for (const candidate of [used, ...others]) {
    const line = `native: TensorFlow in ${candidate.folder}, from ${candidate.source}`;
    try {
      const { tensorflow, gpu } = await probe(candidate.binding);
      output.result(`${line}: ${tensorflow}, ${gpu ? 'GPU' : 'CPU'}, works${candidate === used ? ', in use' : ''}`);
    } catch (error) {
      output.result(`${line}: ${(error as Error).message}`);
      if (candidate === used) process.exitCode = 1;
    }
  }
}

/** `medseg native remove`: deletes what was installed. */
export async function removeNative(): Promise<void> {
  const present = cachedInstalls().length > 0;
  const folder = await removeInstalls();
  output.result(present ? `native: removed ${folder}` : 'native: nothing was installed');
}

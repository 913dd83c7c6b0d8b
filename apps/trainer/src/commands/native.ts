import {
  cachedInstalls,
  DEFAULT_VERSION,
  findInstall,
  type InstallSource,
  install,
  type ProbeResult,
  probe,
  removeInstalls,
} from '@medseg/backend-native';
import { output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { commandWords } from '../terminal/shell-command.ts';
import { UserError } from '../terminal/user-error.ts';

export interface NativeInstallOptions {
  readonly source: InstallSource;
  readonly version?: string;
  readonly gpu?: boolean;
  readonly force?: boolean;
  readonly allowHttp?: boolean;
}

/** `medseg native install`: brings TensorFlow's library into the user's cache, or finds one that loads. */
export async function installNative({ source, version, gpu, force, allowHttp }: NativeInstallOptions): Promise<void> {
  if (force && !gpu) throw new UserError('native install: --force is for --gpu, where there is no graphics card', 2);
  if (gpu && source === 'stock') {
    throw new UserError(
      'native install: --gpu takes the library of a Python wheel: --source auto or pypi, got stock',
      2,
    );
  }
  const progress = createProgress('downloading');
  try {
    const found = await install({
      source,
      ...(version !== undefined && { version }),
      ...(gpu && { gpu }),
      ...(force && { force }),
      ...(allowHttp && { allowHttp }),
      onNote: (line) => output.remark(line),
      onProgress: (share, note) => progress.update(share, note),
    });
    progress.stop();
    const result = await probe(found);
    output.result(
      `native: TensorFlow ${result.tensorflow} in ${found.folder}${gpu ? `: ${describeDevice(result)}` : ''}`,
    );
    if (gpu && !result.gpu && !force) process.exitCode = 1;
  } finally {
    progress.stop();
  }
}

/** `medseg native status`: what is installed and whether it works; exits with 1 where nothing does. */
export async function nativeStatus(): Promise<void> {
  const used = findInstall();
  if (used === undefined) {
    output.result(
      `native: not installed; ${commandWords().join(' ')} native install brings TensorFlow ${DEFAULT_VERSION}`,
    );
    process.exitCode = 1;
    return;
  }
  const others = cachedInstalls().filter(({ folder }) => folder !== used.folder);
  for (const candidate of [used, ...others]) {
    const line = `native: TensorFlow in ${candidate.folder}, from ${candidate.source}`;
    try {
      const result = await probe(candidate);
      const device = candidate.gpu || result.gpu ? describeDevice(result) : 'CPU';
      output.result(`${line}: ${result.tensorflow}, works${candidate === used ? ', in use' : ''}, ${device}`);
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

/** What a library computes on: the graphics card, or the processor and why. */
export function describeDevice({ gpu, device, reason }: ProbeResult): string {
  if (gpu) return `GPU${device === undefined ? '' : `: ${device}`}`;
  return `CPU${reason === undefined ? '' : `, no graphics card: ${reason}`}`;
}

import { NativeError } from './native-error.ts';

/** What decides whether a ready-made library runs here. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of the GNU C library, as '2.36'; absent where another C library is used. */
  readonly glibc: string | undefined;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header?.glibcVersionRuntime };
}

/** Throws {@link NativeError} where the library of the Python wheel cannot run. */
export function requireLinux({ platform, arch, glibc }: Machine): void {
  if (platform !== 'linux' || arch !== 'x64') {
    throw new NativeError(
      `native install: it needs Linux on x64, this is ${platform} on ${arch}; there install @tensorflow/tfjs-node in the folder where this package is installed, or name its folder in MEDSEG_TFJS_NODE`,
    );
  }
  if (glibc === undefined) {
    throw new NativeError('native install: TensorFlow needs the GNU C library; this system has another (Alpine: musl)');
  }
}

/** Whether a dotted version is at least another. */
export function atLeast(version: string, wanted: string): boolean {
  const [a, b] = [version, wanted].map((v) => v.split('.').map(Number));
  for (let i = 0; i < Math.max(a!.length, b!.length); i++) {
    const difference = (a![i] ?? 0) - (b![i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

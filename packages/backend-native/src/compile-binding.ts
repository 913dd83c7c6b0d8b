import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NativeError } from './native-error.ts';

const run = promisify(execFile);

export interface BindingSources {
  /** Holds tfjs-node's `binding/*.cc`. */
  readonly tfjsNode: string;
  /** Holds `node_api.h`. */
  readonly nodeHeaders: string;
  /** Holds `include/` and `lib/` of TensorFlow. */
  readonly tensorflow: string;
}

/**
 * Compiles tfjs-node's binding, which finds TensorFlow in `lib/` beside itself. libstdc++ is linked statically: the
 * file then runs where the system's is older. Throws NativeError naming what is missing.
 */
export async function compileBinding(output: string, sources: BindingSources): Promise<void> {
  const compiler = await findCompiler();
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8', '-static-libstdc++', '-static-libgcc'],
    ...[`-I${sources.nodeHeaders}`, `-I${join(sources.tensorflow, 'include')}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources.tfjsNode, 'binding', name)),
    ...['-o', output, `-L${join(sources.tensorflow, 'lib')}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    // Bound at loading: a library that lacks a symbol fails there, not in the middle of a training.
    ...['-Wl,-rpath,$ORIGIN/lib', '-Wl,-z,now'],
  ];
  await run(compiler, args, { maxBuffer: 1 << 26 }).catch((error: Error & { stderr?: string; code?: unknown }) => {
    const lines = (error.stderr ?? '').split('\n');
    const first = lines.find((line) => /error|cannot find|undefined/i.test(line)) ?? lines[0];
    throw new NativeError(`native install: ${compiler} could not compile the binding: ${first?.trim() || error.code}`);
  });
}

/** The system's C++ compiler, or what CXX names. Throws NativeError where there is none. */
export async function findCompiler(): Promise<string> {
  const wanted = process.env.CXX?.trim();
  const candidates = wanted ? [wanted] : ['g++', 'c++', 'clang++'];
  for (const candidate of candidates) {
    try {
      await run(candidate, ['--version']);
      return candidate;
    } catch {
      // the next one
    }
  }
  throw new NativeError(
    `native install: there is no C++ compiler (tried ${candidates.join(', ')}); install g++ (Debian: apt-get install g++) or name one in CXX`,
  );
}

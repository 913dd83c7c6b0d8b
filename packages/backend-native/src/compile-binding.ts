import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** Our operations: one text for all processors, and a list of them for each kind, of which the widest is taken. */
const kernels = fileURLToPath(new URL('../kernels', import.meta.url));
const KINDS = {
  table_avx512: ['-mavx512f', '-mavx512vl', '-mavx512bw', '-mavx512dq', '-mfma', '-mprefer-vector-width=512'],
  table_avx2: ['-mavx2', '-mfma'],
  table_any: [],
} as const;

/** What the operations are made of, as one number: a binding that was compiled from others is stale. */
export function operationsVersion(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(kernels).sort()) hash.update(name).update(readFileSync(join(kernels, name)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Compiles tfjs-node's binding together with our operations. It finds TensorFlow in `lib/` beside itself; libstdc++ is
 * linked statically, so that it runs where the system's is older. Flags in CXXFLAGS come after ours. Throws NativeError naming what is missing.
 */
export async function compileBinding(output: string, sources: BindingSources): Promise<void> {
  const compiler = await findCompiler();
  const objects = mkdtempSync(join(dirname(output), '.objects-'));
  try {
    const headers = [`-I${sources.nodeHeaders}`, `-I${join(sources.tensorflow, 'include')}`];
    const common = ['-std=c++17', '-fPIC', '-w', ...headers, '-DNAPI_VERSION=8'];
    const extra = (process.env.CXXFLAGS ?? '').split(/\s+/).filter(Boolean);
    const compile = async (file: string, name: string, flags: readonly string[]): Promise<string> => {
      const object = join(objects, `${name}.o`);
      await runCompiler(compiler, [...common, ...flags, ...extra, '-c', file, '-o', object]);
      return object;
    };
    const binding = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources.tfjsNode, 'binding', name));
    const ours = ['operations.cc', 'threads.cc'].map((name) => join(kernels, name));
    const exact = ['-O3', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast'];
    const compiled = await Promise.all([
      ...[...binding, ...ours].map((file) => compile(file, basename(file), ['-O2'])),
      ...Object.entries(KINDS).map(([table, flags]) =>
        compile(join(kernels, 'kernels.cc'), table, [...exact, ...flags, `-DMEDSEG_TABLE=${table}`]),
      ),
    ]);
    await runCompiler(compiler, [
      ...['-shared', '-static-libstdc++', '-static-libgcc', '-pthread', ...compiled, '-o', output],
      ...[`-L${join(sources.tensorflow, 'lib')}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
      // Bound at loading: a library that lacks a symbol fails there, not in the middle of a training.
      ...['-Wl,-rpath,$ORIGIN/lib', '-Wl,-z,now'],
    ]);
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
}

async function runCompiler(compiler: string, args: readonly string[]): Promise<void> {
  await run(compiler, [...args], { maxBuffer: 1 << 26 }).catch((error: Error & { stderr?: string; code?: unknown }) => {
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

import { execFile } from 'node:child_process';
import type { Install } from './installs.ts';
import { NativeError } from './native-error.ts';
import { deviceIn, fatalLine, whyNoDevice } from './tensorflow-log.ts';

/** What a binding says of itself once it is loaded. */
export interface ProbeResult {
  /** Version of TensorFlow. */
  readonly tensorflow: string;
  /** Whether it computes on a graphics card. */
  readonly gpu: boolean;
  /** The graphics card: name, memory that is free, compute capability. Absent where it computes on the processor. */
  readonly device?: string;
  /** Why it finds no graphics card, where it has looked for one. */
  readonly reason?: string;
}

// Squares two numbers, so that library, binding and an operation are seen to work.
const PROGRAM = `
const b = require(process.argv[1]);
const id = b.createTensor([2], b.TF_FLOAT, new Float32Array([3, -4]));
const [out] = b.executeOp('Square', [{ name: 'T', type: b.TF_ATTR_TYPE, value: b.TF_FLOAT }], [id], 1);
const [x, y] = b.tensorDataSync(out.id);
if (x !== 9 || y !== 16) throw new Error('it computes wrong: 3 and -4 squared are ' + x + ' and ' + y);
process.stdout.write(JSON.stringify({ tensorflow: b.TF_Version, gpu: b.isUsingGpuDevice() }));
`;

/** Milliseconds: for a card that is newer than the library, the driver first compiles what it computes with. */
const PATIENCE = 10 * 60_000;

const SETTINGS = {
  NODE_OPTIONS: '',
  // Only the log names the GPU, or the reason for not finding one.
  TF_CPP_MIN_LOG_LEVEL: '0',
  TF_CPP_VMODULE: 'dso_loader=1,cuda_driver=1',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true', // no more of its memory than is needed
};

/**
 * Loads a library, or a binding by its path, in a separate process and computes with it. Throws NativeError with the reason if
 * it does not work; a library that others may have changed is not even loaded.
 */
export function probe(
  library: string | Install,
  {
    node = process.execPath,
  }: {
    /** Path of the Node to load it in. Default: this one. */
    node?: string;
  } = {},
): Promise<ProbeResult> {
  const binding = typeof library === 'string' ? library : library.binding;
  return new Promise((resolve, reject) => {
    if (typeof library !== 'string' && library.untrusted !== undefined) {
      reject(new NativeError(`the native library is not loaded: ${library.untrusted}`));
      return;
    }
    const env = { ...process.env, ...SETTINGS };
    execFile(node, ['-e', PROGRAM, binding], { env, timeout: PATIENCE }, (error, stdout, stderr) => {
      if (!error) {
        const found = JSON.parse(stdout) as ProbeResult;
        const device = found.gpu ? deviceIn(stderr) : undefined;
        const reason = found.gpu ? undefined : whyNoDevice(stderr);
        resolve({ ...found, ...(device !== undefined && { device }), ...(reason !== undefined && { reason }) });
        return;
      }
      const ended = error.signal ? `the process ended by ${error.signal}` : error.message.split('\n')[0]!;
      const thrown = /^\w*Error: (?:Invalid TF_Status: \d+\nMessage: )?(.*)$/m.exec(stderr)?.[1];
      // The binding does not say why TensorFlow could not start; its log does.
      const because = thrown === 'Exception creating TFE_Context' ? whyNoDevice(stderr) : undefined;
      reject(
        new NativeError(`the native library does not work here: ${because ?? thrown ?? fatalLine(stderr) ?? ended}`),
      );
    });
  });
}

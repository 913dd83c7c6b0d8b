import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { probe } from './probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'medseg-probe-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A script in the place of a binding: it writes a log and computes, or does what is given. */
function binding(name: string, { log = '', gpu = false, executeOp = 'return [{ id: 1 }];' }): string {
  const file = join(folder, `${name}.cjs`);
  writeFileSync(
    file,
    `console.error(${JSON.stringify(log)});
module.exports = {
  TF_Version: '9.9.9',
  isUsingGpuDevice: () => ${gpu},
  createTensor: () => 0,
  executeOp() { ${executeOp} },
  tensorDataSync: () => [9, process.env.TF_FORCE_GPU_ALLOW_GROWTH === 'true' ? 16 : 0],
};
`,
  );
  return file;
}

const prefix = (severity: string): string => `2026-11-28 08:43:28.1: ${severity} tensorflow/core/gpu_device.cc:1929] `;

describe('probe', () => {
  it('names the card, or why there is none', async () => {
    const log = `${prefix('I')}Created device /job:localhost/replica:0/task:0/device:GPU:0 with 13764 MB memory:  -> device: 0, name: Tesla T4, pci bus id: 0000:00:04.0, compute capability: 7.5`;
    expect(await probe(binding('card', { log, gpu: true }))).toEqual({
      tensorflow: '9.9.9',
      gpu: true,
      device: 'Tesla T4, 13764 MB to use, compute capability 7.5',
    });
    const none = `${prefix('E')}failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected`;
    expect(await probe(binding('none', { log: none }))).toEqual({
      tensorflow: '9.9.9',
      gpu: false,
      reason: 'failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
    });
    expect(await probe(binding('processor', {}))).toEqual({ tensorflow: '9.9.9', gpu: false });
  });

  it('says in TensorFlow’s words why it does not compute', async () => {
    const full = `throw new Error('Invalid TF_Status: 8\\nMessage: OOM when allocating tensor with shape[2]');`;
    await expect(probe(binding('full', { executeOp: full }))).rejects.toThrow(
      /^the native library does not work here: OOM when allocating tensor with shape\[2\]$/,
    );
    const log = `${prefix('E')}failed to create context: CUDA_ERROR_OUT_OF_MEMORY: out of memory`;
    const start = `throw new Error('Exception creating TFE_Context');`;
    await expect(probe(binding('start', { log, executeOp: start }))).rejects.toThrow(
      /here: failed to create context: CUDA_ERROR_OUT_OF_MEMORY: out of memory$/,
    );
    await expect(probe(binding('silent', { executeOp: start }))).rejects.toThrow(
      /here: Exception creating TFE_Context$/,
    );
    const fatal = `${prefix('F')}Check failed: ret == 0 (11 vs. 0)`;
    await expect(probe(binding('fatal', { log: fatal, executeOp: 'process.abort();' }))).rejects.toThrow(
      /here: Check failed: ret == 0 \(11 vs\. 0\)$/,
    );
    await expect(probe(binding('killed', { executeOp: `process.kill(process.pid, 'SIGKILL');` }))).rejects.toThrow(
      /here: the process ended by SIGKILL$/,
    );
  });
});

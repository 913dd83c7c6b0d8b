import { describe, expect, it } from 'vitest';
import { deviceIn, fatalLine, whyNoDevice } from './tensorflow-log.ts';

// What every TensorFlow with CUDA writes, and lines that are none of its log.
const start = `2026-11-28 08:43:27.491505: I tensorflow/core/util/port.cc:113] oneDNN custom operations are on.
2026-11-28 08:43:27.493332: I external/local_tsl/tsl/platform/default/dso_loader.cc:57] Successfully opened dynamic library libcudart.so.12
2026-11-28 08:43:27.521313: E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:9261] Unable to register cuDNN factory: Attempting to register factory for plugin cuDNN when one has already been registered
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.
`;

describe('the log of TensorFlow', () => {
  it('names the card', () => {
    const log = `${start}2026-11-28 08:43:28.000001: I tensorflow/core/common_runtime/gpu/gpu_device.cc:1929] Created device /job:localhost/replica:0/task:0/device:GPU:0 with 13764 MB memory:  -> device: 0, name: Tesla T4, pci bus id: 0000:00:04.0, compute capability: 7.5`;
    expect(deviceIn(log)).toBe('Tesla T4, 13764 MB to use, compute capability 7.5');
    expect(deviceIn(start)).toBeUndefined();
  });

  it('says why no card is found: the gravest line first, of those the first', () => {
    expect(whyNoDevice(start)).toBeUndefined();
    const driver = `${start}2026-11-28 08:43:02.127965: I external/local_tsl/tsl/platform/default/dso_loader.cc:63] Could not load dynamic library 'libcuda.so.1'; dlerror: libcuda.so.1: cannot open shared object file: No such file or directory
2026-11-28 08:43:02.127979: I external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:272] failed call to cuInit: UNKNOWN ERROR (303)
`;
    expect(whyNoDevice(driver)).toMatch(/^Could not load dynamic library 'libcuda.so.1'; dlerror: /);
    const library = `${driver}2026-11-28 08:43:03.1: W tensorflow/core/common_runtime/gpu/gpu_device.cc:2256] Cannot dlopen some GPU libraries.
`;
    expect(whyNoDevice(library)).toBe('Cannot dlopen some GPU libraries.');
    // As TensorFlow 2.17 and later write it.
    const later = `WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
E0000 00:00:1723791234.123456   12345 cuda_driver.cc:282] failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected
`;
    expect(whyNoDevice(library + later)).toBe(
      'failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
    );
  });

  it('has the last words of a library that ends its process', () => {
    const fatal =
      '2026-11-28 08:43:28.1: F tensorflow/core/platform/default/env.cc:74] Check failed: ret == 0 (11 vs. 0)';
    expect(fatalLine(`${start}${fatal}\n`)).toBe('Check failed: ret == 0 (11 vs. 0)');
    expect(fatalLine(start)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { outOfMemory } from './out-of-memory.ts';

describe('outOfMemory', () => {
  it('says in one line for what there was no memory', () => {
    const message =
      'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[16,64,64,64] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc';
    expect(outOfMemory(new Error(message))).toBe('no memory for a tensor of [16,64,64,64] on GPU:0');
    expect(outOfMemory(new Error('Invalid TF_Status: 8\nMessage: Failed to allocate request for 2.0GiB\nmore'))).toBe(
      'no memory left: Failed to allocate request for 2.0GiB',
    );
    expect(
      outOfMemory(new Error('Invalid TF_Status: 13\nMessage: failed to create context: CUDA_ERROR_OUT_OF_MEMORY: out')),
    ).toBe('no memory left: failed to create context: CUDA_ERROR_OUT_OF_MEMORY: out');
  });

  it('leaves every other error alone', () => {
    expect(outOfMemory(new Error('Invalid TF_Status: 3\nMessage: Incompatible shapes'))).toBeUndefined();
    expect(outOfMemory(new Error('Invalid TF_Status: 80'))).toBeUndefined();
    expect(outOfMemory('Invalid TF_Status: 8')).toBeUndefined();
  });
});

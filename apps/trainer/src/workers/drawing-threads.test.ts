import { expect, it, vi } from 'vitest';
import { output } from '../terminal/output.ts';
import { drawingThreads } from './drawing-threads.ts';

it('starts two threads for each core at most, and says so once', () => {
  const remark = vi.spyOn(output, 'remark').mockImplementation(() => {});
  expect([1, 2, 16].map((asked) => drawingThreads(asked, 8))).toEqual([1, 2, 16]);
  expect(drawingThreads(4, 1)).toBe(4);
  expect(remark).not.toHaveBeenCalled();
  expect(drawingThreads(256, 2)).toBe(4);
  expect(drawingThreads(17, 8)).toBe(16);
  expect(remark.mock.calls).toEqual([['note: 4 threads draw, not 256: this machine has 2 cores']]);
});

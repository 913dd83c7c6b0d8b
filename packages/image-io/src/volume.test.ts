import { expect, it } from 'vitest';
import { createVolume } from './volume.ts';

it('makes a volume of lists of numbers, and refuses lists of another length', () => {
  const size = [2, 1, 1];
  const spacing = [1, 2, 3];
  const data = Uint8Array.of(0, 1);
  expect(createVolume({ size, spacing, data })).toMatchObject({
    size: [2, 1, 1],
    spacing: [1, 2, 3],
    origin: [0, 0, 0],
  });
  const cases: [Partial<Parameters<typeof createVolume>[0]>, RegExp][] = [
    [{ size: [2, 1] }, /^volume: size must have 3 numbers, got \[2, 1\]$/],
    [{ size: [2, 1, 1, 1] }, /^volume: size must have 3 numbers, got \[2, 1, 1, 1\]$/],
    [{ spacing: [1] }, /^volume: spacing must have 3 numbers, got \[1\]$/],
    [{ origin: [] }, /^volume: origin must have 3 numbers, got \[\]$/],
    [{ direction: [1, 0, 0] }, /origin and direction must be 3 and 9 finite numbers/],
  ];
  for (const [wrong, message] of cases) expect(() => createVolume({ size, data, ...wrong })).toThrow(message);
});

import { createImage, createVolume } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import type { Scan } from '../scan.ts';
import { hashScan } from './fingerprint.ts';

const fingerprintOf = (scan: Scan): string | undefined => hashScan(scan).fingerprint;
const image = (data: Uint8Array | Float32Array, width = 4, channels = 1): Scan =>
  createImage({ width, height: data.length / width / channels, channels, data });
const values = Uint8Array.from({ length: 16 }, (_, i) => (i * 37) % 256);

describe('the fingerprint of a scan', () => {
  it('is that of size and intensities, whatever the type', () => {
    const own = fingerprintOf(image(values));
    expect(own).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf(image(Float32Array.from(values)))).toBe(own);
    expect(fingerprintOf(image(values, 2))).not.toBe(own);
    const changed = values.map((value, i) => (i === 9 ? value + 1 : value));
    expect(fingerprintOf(image(changed))).not.toBe(own);
    expect(fingerprintOf(image(values.slice().reverse()))).not.toBe(own);
  });

  it('does not look at opacity, and tells volumes from images', () => {
    const opaque = Uint8Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? values[i / 2]! : i));
    const scan = { ...image(opaque, 4, 2), alpha: true } as ReturnType<typeof createImage>;
    expect(fingerprintOf(scan)).toBe(fingerprintOf(image(values)));
    const volume = createVolume({ size: [4, 4, 1], data: Int16Array.from(values) });
    expect(fingerprintOf(volume)).not.toBe(fingerprintOf(image(values)));
  });

  it('is none for one value, and differs among many', () => {
    expect(fingerprintOf(image(new Uint8Array(16).fill(7)))).toBeUndefined();
    const found = new Set<string>();
    for (let n = 0; n < 2000; n++) {
      const data = Float32Array.from({ length: 16 }, (_, i) => (i === n % 16 ? n + 1 : 0));
      found.add(fingerprintOf(image(data))!);
    }
    expect(found.size).toBe(2000);
  });
});

describe('the content of a scan', () => {
  it('also describes a scan of a single value, and changes with one of its pixels', () => {
    const flat = hashScan(image(new Uint8Array(16).fill(7))).content;
    expect(flat).toMatch(/^[0-9a-f]{16}$/);
    expect(hashScan(image(new Uint8Array(16).fill(8))).content).not.toBe(flat);
    expect(hashScan(image(new Float32Array(16).fill(7))).content).toBe(flat);
  });

  it('is where a volume lies, too', () => {
    const size = [4, 4, 1] as const;
    const data = Int16Array.from(values);
    const own = hashScan(createVolume({ size, data, spacing: [1, 1, 2] })).content;
    expect(hashScan(createVolume({ size, data, spacing: [1, 1, 2] })).content).toBe(own);
    const others = [
      createVolume({ size, data, spacing: [1, 1, 2 + 1e-9] }),
      createVolume({ size, data, spacing: [1, 1, 2], origin: [0, 0, 1] }),
      createVolume({ size, data, spacing: [1, 1, 2], direction: [0, 1, 0, 1, 0, 0, 0, 0, 1] }),
    ].map((scan) => hashScan(scan).content);
    expect(new Set([own, ...others]).size).toBe(4);
  });
});

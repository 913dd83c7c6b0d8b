import { isVolume, measuredChannels, type Scan } from '../scan.ts';
import { resize } from '../slicing/resize.ts';

/** Pixels along each side of a thumbnail. */
export const SIDE = 32;

/**
 * A small gray picture of a scan, [SIDE, SIDE], stretched to a square: the mean of its channels; of a volume the middle
 * slice along k, or the mean of the middle two. Values that are not finite count as 0. Undefined where it has no two
 * different values.
 */
export function thumbnailOf(scan: Scan): Float32Array | undefined {
  const [width, height, slices] = isVolume(scan) ? scan.size : [scan.width, scan.height, 1];
  const used = measuredChannels(scan);
  const { channels } = scan;
  const data: ArrayLike<number> = scan.data;
  const middle = new Set([Math.floor((slices - 1) / 2), Math.ceil((slices - 1) / 2)]);
  const gray = new Float32Array(width * height);
  for (const k of middle) {
    const start = k * width * height * channels;
    for (let i = 0; i < gray.length; i++) {
      let sum = 0;
      for (let c = 0; c < used; c++) sum += data[start + i * channels + c]!;
      if (Number.isFinite(sum)) gray[i]! += sum;
    }
  }
  const small = resize(gray, { height, width }, [SIDE, SIDE]);
  return small.some((value) => value !== small[0]) ? small : undefined;
}

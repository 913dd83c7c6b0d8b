import { WordHash } from '@medseg/image-io';
import { isVolume, measuredChannels, type Scan } from '../scan.ts';

/** Values that are hashed at once. */
const BLOCK = 2 ** 14;

/** What {@link hashScan} finds. */
export interface ScanHashes {
  /**
   * What two scans share where their size and intensities are the same, whatever their names and formats. Undefined for a
   * scan of one value, which many share.
   */
  readonly fingerprint: string | undefined;
  /** The same of every scan, of volumes with their spacing, origin and directions. */
  readonly content: string;
}

/** Hashes of 64 bits, in hexadecimal, over the intensities as float32. Opacity is not looked at. */
export function hashScan(scan: Scan): ScanHashes {
  const channels = measuredChannels(scan);
  const { data } = scan;
  const [width, height, depth] = isVolume(scan) ? scan.size : [scan.width, scan.height, 0];
  const values = new Float32Array(BLOCK);
  const words = new Uint32Array(values.buffer);
  const hash = new WordHash();
  for (const side of [width, height, depth, channels]) hash.add(side!);
  const first = data[0]!;
  let isConstant = true;
  let count = 0;
  const flush = (): void => {
    hash.addAll(words, count);
    count = 0;
  };
  for (let i = 0; i < data.length; i += scan.channels) {
    for (let c = 0; c < channels; c++) {
      const value = data[i + c]!;
      if (value !== first) isConstant = false;
      values[count++] = value;
      if (count === BLOCK) flush();
    }
  }
  flush();
  const fingerprint = isConstant ? undefined : hash.hex();
  if (isVolume(scan)) hash.addNumbers([...scan.spacing, ...scan.origin, ...scan.direction]);
  return { fingerprint, content: hash.hex() };
}

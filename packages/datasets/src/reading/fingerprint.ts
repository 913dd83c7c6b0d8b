import { isVolume, measuredChannels, type Scan } from '../scan.ts';

/** Values that are hashed at once. */
const BLOCK = 2 ** 14;

/**
 * A number of 64 bits, in hexadecimal, that two scans share where their size and intensities are the same, whatever their
 * names and formats: MurmurHash3's mixing, with two seeds, over the intensities as float32. Undefined for a scan of one
 * value, which many share. Opacity is not looked at.
 *
 * @example fingerprintOf(await readScan('a.png')) === fingerprintOf(await readScan('copy-of-a.tif'))
 */
export function fingerprintOf(scan: Scan): string | undefined {
  const channels = measuredChannels(scan);
  const { data } = scan;
  const [width, height, depth] = isVolume(scan) ? scan.size : [scan.width, scan.height, 0];
  const values = new Float32Array(BLOCK);
  const words = new Uint32Array(values.buffer);
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  const add = (word: number): void => {
    a = Math.imul(rotate(a ^ mixed(word, 0xcc9e2d51, 0x1b873593), 13), 5) + 0xe6546b64;
    b = Math.imul(rotate(b ^ mixed(word, 0x239b961b, 0xab0e9789), 17), 5) + 0x561ccd1b;
  };
  for (const side of [width, height, depth, channels]) add(side!);
  const first = data[0]!;
  let isConstant = true;
  let count = 0;
  const flush = (): void => {
    for (let i = 0; i < count; i++) add(words[i]!);
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
  return isConstant ? undefined : [a, b].map((word) => finished(word).toString(16).padStart(8, '0')).join('');
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function mixed(word: number, first: number, second: number): number {
  return Math.imul(rotate(Math.imul(word, first), 15), second);
}

function finished(word: number): number {
  let out = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  out = Math.imul(out ^ (out >>> 13), 0xc2b2ae35);
  return (out ^ (out >>> 16)) >>> 0;
}

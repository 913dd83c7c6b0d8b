/** Parameters of the coding (T.87, C.2.4.1.1). */
export interface JpegLsPreset {
  maxValue: number;
  t1: number;
  t2: number;
  t3: number;
  reset: number;
}

/** Lengths of runs, as powers of 2, by how the last runs went (T.87, A.2.1). */
const runBits = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** Contexts 365 and 366 are those of the sample that ends a run. */
const contexts = 367;

/** Decodes lines of one scan; what it has learned of the image goes on from line to line (T.87, annex A). */
export class LineCoder {
  private readonly near: number;
  private readonly maxValue: number;
  private readonly thresholds: readonly [number, number, number];
  private readonly reset: number;
  private readonly range: number;
  private readonly valueBits: number;
  private readonly limit: number;
  private readonly a: Int32Array = new Int32Array(contexts);
  private readonly b: Int32Array = new Int32Array(contexts);
  private readonly c: Int32Array = new Int32Array(contexts);
  private readonly n: Int32Array = new Int32Array(contexts).fill(1);
  /** How often the sample that ended a run was below what was expected. */
  private readonly negative: Int32Array = new Int32Array(contexts);
  private readonly runIndex: Int32Array;
  private current: Int32Array[];
  private previous: Int32Array[];
  private bitBuffer = 0;
  private bitCount = 0;
  private hasStarted = false;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    preset: Partial<JpegLsPreset> & { bits: number; near: number },
    private readonly width: number,
    private readonly channels: number,
  ) {
    const { bits, near } = preset;
    const maxValue = preset.maxValue || 2 ** bits - 1;
    if (maxValue >= 2 ** bits || near > Math.min(255, maxValue >> 1))
      throw new Error(`values up to ${maxValue} within ${near} do not go with ${bits} bits`);
    this.near = near;
    this.maxValue = maxValue;
    const defaults = defaultThresholds(maxValue, near);
    this.thresholds = [preset.t1 || defaults[0], preset.t2 || defaults[1], preset.t3 || defaults[2]];
    this.reset = preset.reset || 64;
    if (this.reset < 3) throw new Error(`a reset of ${this.reset} is not read`);
    this.range = Math.floor((maxValue + 2 * near) / (2 * near + 1)) + 1;
    this.valueBits = Math.ceil(Math.log2(this.range));
    const maxBits = Math.max(2, Math.ceil(Math.log2(maxValue + 1)));
    this.limit = 2 * (maxBits + Math.max(8, maxBits));
    this.a.fill(Math.max(2, Math.floor((this.range + 32) / 64)));
    this.runIndex = new Int32Array(channels);
    // One sample more on the left, and one on the right, which repeat.
    const lines = (): Int32Array[] => Array.from({ length: channels }, () => new Int32Array(width + 2));
    this.current = lines();
    this.previous = lines();
  }

  /** The next line of each channel, one channel after the other; samples begin at index 1. */
  lines(): Int32Array[] {
    this.advance();
    for (let channel = 0; channel < this.channels; channel++) {
      const line = this.current[channel]!;
      const above = this.previous[channel]!;
      for (let x = 1; x <= this.width; ) {
        const [q1, q2, q3] = this.gradients(line, above, x);
        if (q1 === 0 && q2 === 0 && q3 === 0) {
          x = this.run(channel, x);
        } else {
          line[x] = this.regular(81 * q1 + 9 * q2 + q3, line[x - 1]!, above[x]!, above[x - 1]!);
          x++;
        }
      }
    }
    return this.current;
  }

  /** The next line of each channel, sample by sample; a run is one of all channels. */
  samples(): Int32Array[] {
    this.advance();
    const contextOf = new Int32Array(this.channels);
    for (let x = 1; x <= this.width; ) {
      let isRun = true;
      for (let channel = 0; channel < this.channels; channel++) {
        const [q1, q2, q3] = this.gradients(this.current[channel]!, this.previous[channel]!, x);
        contextOf[channel] = 81 * q1 + 9 * q2 + q3;
        if (contextOf[channel] !== 0) isRun = false;
      }
      if (isRun) {
        x = this.commonRun(x);
        continue;
      }
      for (let channel = 0; channel < this.channels; channel++) {
        const line = this.current[channel]!;
        const above = this.previous[channel]!;
        line[x] = this.regular(contextOf[channel]!, line[x - 1]!, above[x]!, above[x - 1]!);
      }
      x++;
    }
    return this.current;
  }

  /** Where the next marker begins. */
  end(): number {
    // Bits that were taken beyond the scan's last one are of its last byte, or were none.
    let at = this.at;
    while (at + 1 < this.bytes.length && !(this.bytes[at] === 0xff && this.bytes[at + 1]! >= 0x80)) at++;
    return at;
  }

  private advance(): void {
    const { width } = this;
    [this.current, this.previous] = [this.previous, this.current];
    for (let channel = 0; channel < this.channels; channel++) {
      const above = this.previous[channel]!;
      above[width + 1] = above[width]!;
      this.current[channel]![0] = above[1]!;
    }
  }

  private gradients(line: Int32Array, above: Int32Array, x: number): [number, number, number] {
    const left = line[x - 1]!;
    const up = above[x]!;
    const corner = above[x - 1]!;
    return [this.quantize(above[x + 1]! - up), this.quantize(up - corner), this.quantize(corner - left)];
  }

  private quantize(difference: number): number {
    const [t1, t2, t3] = this.thresholds;
    const size = Math.abs(difference);
    const level = size <= this.near ? 0 : size < t1 ? 1 : size < t2 ? 2 : size < t3 ? 3 : 4;
    return difference < 0 ? -level : level;
  }

  /** One sample from its neighbours and context (T.87, A.4 to A.6). */
  private regular(context: number, left: number, up: number, corner: number): number {
    const sign = context < 0 ? -1 : 1;
    const q = Math.abs(context);
    const { a, b, c, n } = this;
    const lower = Math.min(left, up);
    const upper = Math.max(left, up);
    const median = corner >= upper ? lower : corner <= lower ? upper : left + up - corner;
    const predicted = Math.min(this.maxValue, Math.max(0, median + sign * c[q]!));
    let k = 0;
    while (n[q]! << k < a[q]!) k++;
    const mapped = this.golomb(k, this.limit);
    let error = mapped & 1 ? -((mapped + 1) >> 1) : mapped >> 1;
    if (this.near === 0 && k === 0 && 2 * b[q]! <= -n[q]!) error = -error - 1;
    b[q]! += error * (2 * this.near + 1);
    a[q]! += Math.abs(error);
    if (n[q] === this.reset) {
      a[q]! >>= 1;
      b[q]! >>= 1;
      n[q]! >>= 1;
    }
    n[q]!++;
    if (b[q]! <= -n[q]!) {
      b[q]! += n[q]!;
      if (c[q]! > -128) c[q]!--;
      if (b[q]! <= -n[q]!) b[q] = -n[q]! + 1;
    } else if (b[q]! > 0) {
      b[q]! -= n[q]!;
      if (c[q]! < 127) c[q]!++;
      if (b[q]! > 0) b[q] = 0;
    }
    return this.reconstruct(predicted, sign * error);
  }

  private reconstruct(predicted: number, error: number): number {
    const step = 2 * this.near + 1;
    let value = predicted + error * step;
    if (value < -this.near) value += this.range * step;
    else if (value > this.maxValue + this.near) value -= this.range * step;
    return Math.min(this.maxValue, Math.max(0, value));
  }

  /** The length of a run from x on; the sample that ends it is not part of it (T.87, A.7.1). */
  private runLength(channel: number, left: number): number {
    let length = 0;
    while (this.bit() === 1) {
      const whole = 1 << runBits[this.runIndex[channel]!]!;
      const part = Math.min(whole, left - length);
      length += part;
      if (part === whole && this.runIndex[channel]! < 31) this.runIndex[channel]!++;
      if (length === left) return length;
    }
    const rest = this.read(runBits[this.runIndex[channel]!]!);
    if (length + rest >= left) throw new Error('a run reaches over the end of its line');
    return length + rest;
  }

  private run(channel: number, x: number): number {
    const line = this.current[channel]!;
    const above = this.previous[channel]!;
    const value = line[x - 1]!;
    const end = x + this.runLength(channel, this.width - x + 1);
    line.fill(value, x, end);
    if (end > this.width) return end;
    const up = above[end]!;
    const isFlat = Math.abs(value - up) <= this.near;
    const error = this.runError(isFlat ? 1 : 0, channel);
    line[end] = this.reconstruct(isFlat ? value : up, !isFlat && value > up ? -error : error);
    if (this.runIndex[channel]! > 0) this.runIndex[channel]!--;
    return end + 1;
  }

  private commonRun(x: number): number {
    const end = x + this.runLength(0, this.width - x + 1);
    for (const line of this.current) line.fill(line[x - 1]!, x, end);
    if (end > this.width) return end;
    for (let channel = 0; channel < this.channels; channel++) {
      const up = this.previous[channel]![end]!;
      const left = this.current[channel]![end - 1]!;
      const error = this.runError(0, 0);
      this.current[channel]![end] = this.reconstruct(up, left > up ? -error : error);
    }
    if (this.runIndex[0]! > 0) this.runIndex[0]!--;
    return end + 1;
  }

  /** How far the sample that ends a run is from what was expected (T.87, A.7.2). */
  private runError(type: 0 | 1, channel: number): number {
    const q = 365 + type;
    const { a, n, negative } = this;
    const sum = type === 1 ? a[q]! + (n[q]! >> 1) : a[q]!;
    let k = 0;
    while (n[q]! << k < sum) k++;
    const mapped = this.golomb(k, this.limit - runBits[this.runIndex[channel]!]! - 1);
    const doubled = mapped + type;
    const odd = doubled & 1;
    const size = (doubled + odd) >> 1;
    const isNegative = (k !== 0 || 2 * negative[q]! >= n[q]!) === (odd === 1);
    if (isNegative && size !== 0) negative[q]!++;
    a[q]! += (mapped + 1 - type) >> 1;
    if (n[q] === this.reset) {
      a[q]! >>= 1;
      n[q]! >>= 1;
      negative[q]! >>= 1;
    }
    n[q]!++;
    return isNegative ? -size : size;
  }

  /** A number of Golomb's code whose first part is no longer than `limit` (T.87, A.5.3). */
  private golomb(k: number, limit: number): number {
    const most = limit - this.valueBits - 1;
    let zeros = 0;
    while (this.bit() === 0) {
      zeros++;
      if (zeros > most) throw new Error('a code is too long');
    }
    return zeros < most ? (zeros << k) | this.read(k) : this.read(this.valueBits) + 1;
  }

  private bit(): number {
    if (this.bitCount === 0) this.fill();
    this.bitCount--;
    return (this.bitBuffer >>> this.bitCount) & 1;
  }

  private read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; ) {
      if (this.bitCount === 0) this.fill();
      const taken = Math.min(left, this.bitCount);
      this.bitCount -= taken;
      value = (value << taken) | ((this.bitBuffer >>> this.bitCount) & ((1 << taken) - 1));
      left -= taken;
    }
    return value;
  }

  /** Takes a byte; after FF the next one has seven bits, and where it has eight it is a marker (T.87, A.1). */
  private fill(): void {
    const { bytes, at } = this;
    const byte = bytes[at];
    const isAfterFull = at > 0 && bytes[at - 1] === 0xff && this.hasStarted;
    if (byte === undefined || (byte === 0xff && (bytes[at + 1] ?? 0xff) >= 0x80))
      throw new Error('its data ends early');
    this.bitBuffer = byte;
    this.bitCount = isAfterFull ? 7 : 8;
    this.hasStarted = true;
    this.at++;
  }
}

/** T.87, C.2.4.1.1.1. */
function defaultThresholds(maxValue: number, near: number): [number, number, number] {
  const clamp = (value: number, least: number): number => (value > maxValue || value < least ? least : value);
  const factor = Math.floor((Math.min(maxValue, 4095) + 128) / 256);
  const small = Math.floor(256 / (maxValue + 1));
  const of = (base: number, offset: number, times: number): number =>
    maxValue >= 128
      ? factor * (base - offset) + offset + times * near
      : Math.max(offset, Math.floor(base / small) + times * near);
  const t1 = clamp(of(3, 2, 3), near + 1);
  const t2 = clamp(of(7, 3, 5), t1);
  return [t1, t2, clamp(of(21, 4, 7), t2)];
}

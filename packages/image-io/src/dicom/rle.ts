/**
 * Undoes DICOM's RLE Lossless (PS3.5, annex G): up to 15 segments of PackBits, each one byte of one channel, highest
 * byte first. Samples come out little-endian, channels together. Throws Error for broken input. Written here because
 * the packages that hold it are whole DICOM viewers.
 */
export function decodeRle(
  bytes: Uint8Array,
  { pixels, channels, sampleBytes }: { pixels: number; channels: number; sampleBytes: number },
): Uint8Array {
  if (bytes.length < 64) throw new Error('its header needs 64 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count !== channels * sampleBytes)
    throw new Error(`${channels * sampleBytes} segments are needed, ${count} are there`);
  const offsets = Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i, true));
  // A run of 128 takes two bytes.
  if (pixels * count > bytes.length * 64) throw new Error(`${bytes.length} bytes cannot hold ${pixels} pixels`);
  const out = new Uint8Array(pixels * count);
  for (const [segment, start] of offsets.entries()) {
    const end = offsets[segment + 1] ?? bytes.length;
    if (start < 64 || end < start || end > bytes.length) throw new Error(`segment ${segment} does not fit`);
    const channel = Math.floor(segment / sampleBytes);
    const byte = sampleBytes - 1 - (segment % sampleBytes);
    unpack(bytes.subarray(start, end), out, channel * sampleBytes + byte, count, pixels);
  }
  return out;
}

function unpack(input: Uint8Array, out: Uint8Array, to: number, step: number, count: number): void {
  let from = 0;
  let left = count;
  while (left > 0) {
    if (from + 1 >= input.length) throw new Error(`a segment ends ${left} bytes early`);
    const header = (input[from++]! << 24) >> 24;
    if (header === -128) continue;
    const isRun = header < 0;
    const length = Math.min(isRun ? 1 - header : header + 1, left);
    if (!isRun && from + length > input.length) throw new Error('a segment ends inside a run');
    for (let i = 0; i < length; i++, to += step) out[to] = input[isRun ? from : from + i]!;
    from += isRun ? 1 : header + 1;
    left -= length;
  }
}

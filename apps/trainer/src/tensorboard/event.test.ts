import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { encodeScalars, encodeVersion } from './event.ts';
import { encodeRecord } from './record.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it('has the CRC-32C of RFC 3720, appendix B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

// What TensorBoard 2.20's own RecordWriter writes of its own Event.
it('writes the bytes that TensorBoard writes', () => {
  const version = encodeVersion(1700000000.5);
  expect(hex(version)).toBe('0900002040fc54d9411a0d627261696e2e4576656e743a32');
  expect(hex(encodeRecord(version))).toBe(`1800000000000000a37f4b22${hex(version)}2b353110`);
  const scalars = encodeScalars({
    wallTime: 1700000001.25,
    step: 300,
    scalars: { 'loss/encoder': 0.5, gradient_norm: 1.25 },
  });
  expect(hex(scalars)).toBe(
    '0900005040fc54d94110ac022a2b0a130a0c6c6f73732f656e636f646572150000003f0a140a0d6772616469656e745f6e6f726d150000a03f',
  );
  expect(hex(encodeRecord(scalars))).toBe(`39000000000000008b0737f1${hex(scalars)}2ed818e3`);
});

import { crc32c } from './crc32c.ts';

/**
 * Data as a record of TFRecord: its length in 8 bytes, their masked CRC-32C, the data, and its masked CRC-32C, all little
 * endian (tensorflow/core/lib/io/record_writer.h).
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/** A CRC turned and shifted: that of data which holds CRCs itself would tell little (tensorflow/core/lib/hash/crc32c.h). */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

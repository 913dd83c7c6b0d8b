import { requireFunction } from '@medseg/arguments';
/**
 * A UID of the root 2.25 (PS3.5, B.2): a random UUID of version 4 as one number. `random` gives numbers from 0 to below
 * 1, so that a seeded one makes the same UIDs again.
 *
 * @example createUid(Math.random) // as 2.25.3290177…
 */
export function createUid(random: () => number): string {
  requireFunction('createUid: random', random);
  let number = 0n;
  for (let i = 0; i < 16; i++) {
    let byte = Math.floor(random() * 256) & 255;
    if (i === 6) byte = (byte & 0x0f) | 0x40; // version 4
    if (i === 8) byte = (byte & 0x3f) | 0x80; // variant of RFC 4122
    number = (number << 8n) | BigInt(byte);
  }
  return `2.25.${number}`;
}

import { requireFunction } from '@medseg/arguments';
import { v5 } from 'uuid';

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

/** The names of UIDs that are derived are this program's own. */
const namespace = 'b9d1ac1e-3b0f-4f5e-9b0c-6d2b1f6a7c54';

/** A UID of the root 2.25 for a name: its UUID of version 5, SHA-1 of the name (RFC 9562), as one number. */
export function uidOfName(name: string): string {
  return `2.25.${BigInt(`0x${v5(name, namespace).replaceAll('-', '')}`)}`;
}

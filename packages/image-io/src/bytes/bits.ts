/**
 * The byte that has a bit, of bytes with eight each. A shift would take the number of the bit for one of 32 bits: an eighth
 * of a file of 256 MiB is beyond it.
 */
export function byteOfBit(bit: number): number {
  return Math.floor(bit / 8);
}

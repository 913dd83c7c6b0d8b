/** A cache of values by number, bounded by their size in bytes; the least recently used go first. */
export interface ByteCache<T> {
  /** The cached value, or the one that `make` returns; concurrent calls share it. */
  get(key: number, make: () => Promise<T>): Promise<T>;
  /** Bytes of the cached values. */
  readonly bytes: number;
}

/**
 * A cache that never holds more than `maxBytes`. Failures are not cached.
 *
 * @example const samples = createByteCache<Sample>(2 ** 29, ({ image }) => image.byteLength)
 */
export function createByteCache<T>(maxBytes: number, bytesOf: (value: T) => number): ByteCache<T> {
  // A Map keeps insertion order: the first key is the one used longest ago.
  const kept = new Map<number, T>();
  const coming = new Map<number, Promise<T>>();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    async get(key, make) {
      const hit = kept.get(key);
      if (hit !== undefined) {
        kept.delete(key);
        kept.set(key, hit);
        return hit;
      }
      const other = coming.get(key);
      if (other) return await other;
      const made = make();
      coming.set(key, made);
      try {
        const value = await made;
        kept.set(key, value);
        bytes += bytesOf(value);
        for (const [oldest, old] of kept) {
          if (bytes <= maxBytes) break;
          kept.delete(oldest);
          bytes -= bytesOf(old);
        }
        return value;
      } finally {
        coming.delete(key);
      }
    },
  };
}

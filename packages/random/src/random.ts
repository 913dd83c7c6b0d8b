import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Everything a generator needs to go on where it stopped; plain JSON. */
export interface RandomState {
  generator: 'xoroshiro128plus';
  /** Its four 32-bit words. */
  words: number[];
}

/** A seeded stream of random numbers whose state can be saved and restored. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal (Box & Muller 1958). */
  normal(): number;
  /** Uniform whole number in [0, n). Throws RangeError when n is not a whole number in 1..2^32. */
  integer(n: number): number;
  /** Fills an array with standard normal values and returns it. Throws TypeError when it is no Float32Array. */
  fillNormal(values: Float32Array): Float32Array;
  /** The numbers 0..n-1 in random order (Fisher & Yates). Throws RangeError when n is not a whole number of at least 0. */
  permutation(n: number): number[];
  /** The state to hand to {@link restoreRandom}. */
  state(): RandomState;
  /**
   * An independent stream named by label and this stream's present state, which does not move. Throws TypeError for a
   * label that is neither a string nor a finite number.
   */
  fork(label: string | number): Random;
}

/**
 * A random stream from a seed (xoroshiro128+, Blackman & Vigna 2018, through pure-rand).
 * Throws RangeError when the seed is not finite.
 *
 * @example const noise = createRandom(7).fillNormal(new Float32Array(64 * 64));
 */
export function createRandom(seed: number): Random {
  if (!Number.isFinite(seed)) {
    throw new RangeError(`createRandom: the seed must be a finite number, got ${nameOf(seed)}`);
  }
  return fromWords(hash(`seed ${seed}`));
}

/**
 * Goes on from a saved state. Throws TypeError when it is not a state of {@link Random.state}.
 *
 * @example const same = restoreRandom(JSON.parse(JSON.stringify(random.state())));
 */
export function restoreRandom(state: RandomState): Random {
  const words = state?.words;
  if (state?.generator !== 'xoroshiro128plus' || !Array.isArray(words) || words.length !== 4 || !words.every(isWord)) {
    throw new TypeError(`restoreRandom: expected the state of a xoroshiro128plus stream, got ${JSON.stringify(state)}`);
  }
  return fromWords(words);
}

/** What a value is, for messages. */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : String(value);
}

function isWord(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

function fromWords(words: readonly number[]): Random {
  const generator = words.some((word) => word !== 0) ? xoroshiro128plusFromState(words) : xoroshiro128plus(0);
  const uniform = (): number => ((generator.next() >>> 5) * 67108864 + (generator.next() >>> 6)) / 9007199254740992;
  const radius = (): number => Math.sqrt(-2 * Math.log(1 - uniform()));
  const integer = (n: number): number => {
    if (!(Number.isInteger(n) && n >= 1 && n <= 4294967296)) {
      throw new RangeError(`Random.integer: n must be a whole number in 1..2^32, got ${n}`);
    }
    const limit = 4294967296 - (4294967296 % n); // above it, some remainders would come up more often
    let word = generator.next() >>> 0;
    while (word >= limit) word = generator.next() >>> 0;
    return word % n;
  };
  const fillNormal = (values: Float32Array): Float32Array => {
    if (!(values instanceof Float32Array)) {
      throw new TypeError(`Random.fillNormal: values must be a Float32Array, got ${nameOf(values)}`);
    }
    for (let i = 0; i < values.length; i += 2) {
      const r = radius();
      const angle = 2 * Math.PI * uniform();
      values[i] = r * Math.cos(angle);
      if (i + 1 < values.length) values[i + 1] = r * Math.sin(angle);
    }
    return values;
  };
  return {
    uniform,
    normal: () => radius() * Math.cos(2 * Math.PI * uniform()),
    integer,
    fillNormal,
    permutation: (n) => {
      if (!Number.isInteger(n) || n < 0) {
        throw new RangeError(`Random.permutation: n must be a whole number of at least 0, got ${nameOf(n)}`);
      }
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
    state: () => ({ generator: 'xoroshiro128plus', words: [...generator.getState()] }),
    fork: (label) => {
      if (typeof label !== 'string' && !Number.isFinite(label)) {
        throw new TypeError(`Random.fork: the label must be a string or a finite number, got ${nameOf(label)}`);
      }
      return fromWords(hash(`fork ${generator.getState().join(' ')} ${typeof label} ${label}`));
    },
  };
}

/** Four well-mixed 32-bit words from a text: FNV-1a, then the finaliser of MurmurHash3 for each word. */
function hash(text: string): number[] {
  return [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f].map((salt) => {
    let h = 0x811c9dc5 ^ salt;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  });
}

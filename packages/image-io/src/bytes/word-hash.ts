/**
 * A hash of 64 bits of words of 32: MurmurHash3's mixing with two seeds. It tells changes and copies, and withstands
 * nobody who wants to deceive it.
 *
 * @example
 * const hash = new WordHash();
 * hash.addText('a');
 * hash.hex().length // 16
 */
export class WordHash {
  private a = 0x9e3779b9 | 0;
  private b = 0x85ebca6b | 0;

  /** Adds a word; of a larger number its lowest 32 bits. */
  add(word: number): void {
    this.a = stepA(this.a, word);
    this.b = stepB(this.b, word);
  }

  /** Adds the first `count` of some words. */
  addAll(words: Uint32Array, count: number = words.length): void {
    let { a, b } = this; // as fields they would be looked up for each word
    for (let i = 0; i < count; i++) {
      a = stepA(a, words[i]!);
      b = stepB(b, words[i]!);
    }
    this.a = a;
    this.b = b;
  }

  /** Adds numbers as they are, all 64 bits. */
  addNumbers(values: readonly number[]): void {
    this.addAll(new Uint32Array(Float64Array.from(values).buffer));
  }

  /** Adds bytes and their number. */
  addBytes(bytes: Uint8Array): void {
    this.addNumbers([bytes.length]);
    const whole = bytes.length - (bytes.length % 4);
    const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes); // slice() of a Buffer copies nothing
    this.addAll(new Uint32Array(buffer, byteOffset, whole / 4));
    for (let i = whole; i < bytes.length; i++) this.add(bytes[i]!);
  }

  /** Adds a text and its length. */
  addText(text: string): void {
    this.add(text.length);
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
  }

  /** The hash of what was added so far, 16 hexadecimal digits. */
  hex(): string {
    return [this.a, this.b].map((word) => finished(word).toString(16).padStart(8, '0')).join('');
  }
}

/** Whole numbers of 32 bits throughout, which engines compute without allocating. */
function stepA(a: number, word: number): number {
  return (Math.imul(rotate(a ^ mixed(word, 0xcc9e2d51, 0x1b873593), 13), 5) + 0xe6546b64) | 0;
}

function stepB(b: number, word: number): number {
  return (Math.imul(rotate(b ^ mixed(word, 0x239b961b, 0xab0e9789), 17), 5) + 0x561ccd1b) | 0;
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

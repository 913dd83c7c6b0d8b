/** Characters that move a cursor, colour or hide text, or turn its direction, and so can make a line say something else. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A line that shows what a terminal would obey: names of files and patients, and texts in files, are other people's. Such
 * characters become the escapes of JSON, which leave a line of JSON what it was.
 *
 * @example printable('a\x1b[2Kb') // 'a\\u001b[2Kb'
 */
export function printable(line: string): string {
  return line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

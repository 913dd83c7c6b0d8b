/**
 * A count with its noun, which is given in the plural: a regular one, as `images`, alone or as the last of several words.
 *
 * @example plural(1, 'images') // '1 image'
 */
export function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun.replace(/(?<=ss)es$|s$/, '') : noun}`;
}

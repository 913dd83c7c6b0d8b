import { requireList } from '@medseg/arguments';

/** So many names a message lists. */
const mostShown = 5;

/**
 * Names for a message: the first five, and how many more there are.
 *
 * @example shortList(['a', 'b']) // 'a, b'
 */
export function shortList(names: readonly string[]): string {
  requireList('shortList: names', names);
  const more = names.length - mostShown;
  return `${names.slice(0, mostShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

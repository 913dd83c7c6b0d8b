/** How many values of a bad mask a message lists. */
export const shownValues = 5;

/** The first values of a mask, for a message. */
export function listed(values: readonly (number | string)[]): string {
  return `${values.slice(0, shownValues).join(', ')}${values.length > shownValues ? ' and more' : ''}`;
}

/** A value or colour of a mask: `255`, `200/0/0`. */
export function valueText(levels: readonly number[]): string {
  return levels.every((level) => level === levels[0]) ? String(levels[0]) : levels.join('/');
}

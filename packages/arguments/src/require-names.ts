/**
 * `requireOptions` without the nearest name and the check that they are an object: for the few functions whose bundle
 * must stay small. Throws RangeError.
 *
 * @example requireNames('blur', { sizes: 3 }, { size: true }); // throws: blur: options must be among size, got sizes
 */
export function requireNames(who: string, options: object, names: Readonly<Record<string, true>>): void {
  for (const name in options) {
    if (names[name]) continue;
    throw new RangeError(`${who}: options must be among ${Object.keys(names).join(', ')}, got ${name}`);
  }
}

/** Throws a RangeError with the option's name and value where one of the options is no whole number of at least 1. */
export function requireCounts(who: string, options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${who}: ${name} must be a positive integer, got ${value}`);
    }
  }
}

/** Throws a RangeError where groups do not divide channels. */
export function requireGroups(who: string, channels: number, groups: number): void {
  requireCounts(who, { groups });
  if (channels % groups !== 0) {
    throw new RangeError(`${who}: channels must be a multiple of groups, got ${channels} channels in ${groups} groups`);
  }
}

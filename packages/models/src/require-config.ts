import { kindOf, requireBackend, requireOptions } from '@medseg/ops';

/**
 * Throws where no backend has started, for an option that a network does not have, and for one of another kind than its
 * default: a number where there is a list, a text where there is a flag. `optional` are the options without a default.
 */
export function requireConfig(
  who: string,
  config: object,
  defaults: object,
  optional: Readonly<Record<string, true>> = {},
): void {
  const names = Object.fromEntries(Object.keys(defaults).map((name) => [name, true as const]));
  requireOptions(who, config, { ...names, ...optional });
  const given = config as Readonly<Record<string, unknown>>;
  for (const [name, fallback] of Object.entries(defaults)) {
    if (!(name in given)) continue;
    const value = given[name];
    if (Array.isArray(fallback) && !Array.isArray(value)) {
      throw new RangeError(`${who}: ${name} must be a list such as [${fallback.join(', ')}], got ${kindOf(value)}`);
    }
    if (name === 'imageSize' && Array.isArray(value) && value.length !== 2) {
      throw new RangeError(`${who}: imageSize must be [height, width], got [${value.join(', ')}]`);
    }
    if (typeof fallback === 'boolean' && typeof value !== 'boolean') {
      throw new RangeError(`${who}: ${name} must be true or false, got ${kindOf(value)}`);
    }
  }
  requireBackend(who);
}

/**
 * What the check of a configuration refuses a field with: throws a RangeError that names the class, the field, the rule
 * and the value, the configuration's own unless another one is given.
 */
export function refuser<Config extends object>(
  who: string,
  config: Config,
): (field: (keyof Config & string) | `${keyof Config & string}.${string}`, rule: string, value?: unknown) => never {
  return (field, rule, value = config[field as keyof Config]) => {
    throw new RangeError(`${who}: ${field} must be ${rule}, got ${Array.isArray(value) ? `[${value}]` : value}`);
  };
}

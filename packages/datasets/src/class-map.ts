import { type OptionNames, requireObject, requireOptions, requireText } from '@medseg/arguments';
/**
 * Which values of a mask file belong to which foreground channel.
 *
 * Exclusive classes share no value: a pixel has one class or none. Regions may share values, such as the whole tumour
 * of BraTS (1, 2, 4) and its core (1, 4); their channels overlap.
 */
export interface ClassMap {
  /** A name for each channel. */
  names: string[];
  /** The values that belong to each channel. */
  values: number[][];
  /** Whether a pixel has one class at most. */
  exclusive: boolean;
  /** Values of no class. Unless given: 0; when 0 is a class, every value that is none. */
  background?: number[];
  /** Values that are neither a class nor background: pixels that have them count in no loss and no score. Default none. */
  ignore?: number[];
}

/** Channels that fit into the bits of a mask; pixels to ignore take one more bit. */
export const mostClasses = 31;

/** Masks are written with values of 32 bits. */
const valueRange = [-(2 ** 31), 2 ** 31 - 1] as const;

/** Throws RangeError for more classes than a mask of bits has room for: a bit more would be that of another class. */
export function requireBits(classes: number): void {
  if (classes > mostClasses) throw new RangeError(`classes: there must be 1 to ${mostClasses}, got ${classes}`);
}

/** What a mask without a class map has. */
const binaryNames: readonly string[] = ['foreground'];

const classMapOptionNames: OptionNames<NonNullable<Parameters<typeof classMap>[1]>> = {
  background: true,
  ignore: true,
};

/**
 * Makes a class map from values by name, in the order given. Pixels with a value of `ignore` count in no loss and no
 * score.
 *
 * Throws RangeError when there is no class or more than 31, when a class has no value, and for values that are not
 * whole numbers of 32 bits, or for values to ignore that are background or a class.
 *
 * @example classMap({ edema: [2], core: [1, 4], enhancing: [4] }).exclusive // false: both have 4
 */
export function classMap(
  values: Record<string, number | readonly number[]>,
  options: {
    /** Values of no class. Default: 0; when 0 is a class, every value that is none. */
    background?: readonly number[];
    /** Values of pixels that count in no loss and no score. Default none. */
    ignore?: readonly number[];
  } = {},
): ClassMap {
  requireObject('classMap: values', values, []);
  requireOptions('classMap', options, classMapOptionNames);
  const { background, ignore } = options;
  const lists = Object.values(values).map((value) => (typeof value === 'number' ? [value] : [...value]));
  const all = lists.flat();
  const map: ClassMap = {
    names: Object.keys(values),
    values: lists,
    exclusive: new Set(all).size === all.length,
    ...(background && { background: [...background] }),
    ...(ignore && { ignore: [...ignore] }),
  };
  checkClassMap(map);
  return map;
}

/**
 * Makes a class map as files and command lines have it: values by name, of which `background` and `ignore` are no classes but
 * the values of what they say, as nnU-Net calls them. Errors as {@link classMap}.
 */
export function namedClasses(values: Record<string, number | readonly number[]>): ClassMap {
  const { ignore, background, ...classes } = values;
  const list = (value: number | readonly number[]): readonly number[] => (typeof value === 'number' ? [value] : value);
  return classMap(classes, {
    ...(ignore !== undefined && { ignore: list(ignore) }),
    ...(background !== undefined && { background: list(background) }),
  });
}

/**
 * Reads classes as a command line gives them: `name=value`, several values with `+`, several classes with commas. The name
 * `ignore` stands for pixels that count in no loss and no score, `background` for those of no class.
 *
 * Throws RangeError naming the part that is not of this form.
 *
 * @example parseClasses('disc=0+128,cup=0') // two regions, the cup inside the disc
 */
export function parseClasses(text: string): ClassMap {
  requireText('parseClasses: text', text);
  const parts = text.split(',').map((part) => {
    const [, name, values] = /^\s*([^=]+?)\s*=\s*(\d+(?:\+\d+)*)\s*$/.exec(part) ?? [];
    if (name === undefined || values === undefined)
      throw new RangeError(`classes: must be name=value or name=value+value, separated by commas, got "${part}"`);
    return [name, values.split('+').map(Number)] as const;
  });
  const names = parts.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`classes: a name must occur once, got ${twice} twice`);
  return namedClasses(Object.fromEntries(parts));
}

/** Throws RangeError when the parts of a class map contradict one another. */
export function checkClassMap({ names, values, exclusive, background, ignore }: ClassMap): void {
  if (names.length < 1 || names.length > mostClasses)
    throw new RangeError(`classes: there must be 1 to ${mostClasses}, got ${names.length}`);
  if (ignore && names.length === mostClasses)
    throw new RangeError(`classes: beside values to ignore there must be 1 to ${mostClasses - 1}, got ${names.length}`);
  if (names.length !== values.length)
    throw new RangeError(`classes: every name must have its values, got ${names.length} and ${values.length}`);
  for (const [k, list] of values.entries()) {
    if (list.length === 0) throw new RangeError(`classes: ${names[k]} must have a value, got none`);
  }
  const all = values.flat();
  const wrong = [...all, ...(background ?? []), ...(ignore ?? [])].find((value) => !Number.isInteger(value));
  if (wrong !== undefined) throw new RangeError(`classes: values must be whole numbers, got ${wrong}`);
  const far = [...all, ...(background ?? []), ...(ignore ?? [])].find((v) => v < valueRange[0] || v > valueRange[1]);
  if (far !== undefined)
    throw new RangeError(`classes: values must be from ${valueRange[0]} to ${valueRange[1]}, got ${far}`);
  const shared = all.find((value, i) => all.indexOf(value) !== i);
  if (exclusive && shared !== undefined)
    throw new RangeError(`classes: exclusive classes must not share a value, got ${shared} twice`);
  const ignored = ignore?.find((value) => all.includes(value) || (background ?? [0]).includes(value));
  if (ignored !== undefined)
    throw new RangeError(`classes: a value to ignore is neither a class nor background, got ${ignored}`);
  const both = background?.find((value) => all.includes(value));
  if (both !== undefined) throw new RangeError(`classes: a value is background or a class, got ${both} for both`);
}

/** The number of channels that masks have. */
export function classCount(classes: ClassMap | undefined): number {
  if (classes !== undefined) requireObject('classCount: classes', classes, ['names', 'values']);
  return classes ? classes.names.length : 1;
}

/** The names of the channels that masks have. */
export function classNames(classes: ClassMap | undefined): readonly string[] {
  return classes ? classes.names : binaryNames;
}

/**
 * The bits of each value that masks may have: bit k is channel k, 0 is background. Values to ignore are not among them.
 * Throws RangeError for more classes than bits.
 */
export function bitsByValue({ values, background }: ClassMap): { bits: Map<number, number>; isOpen: boolean } {
  requireBits(values.length);
  const bits = new Map<number, number>();
  for (const [k, list] of values.entries())
    for (const value of list) bits.set(value, (bits.get(value) ?? 0) | (1 << k));
  const isOpen = background === undefined && bits.has(0);
  for (const value of background ?? (isOpen ? [] : [0])) bits.set(value, 0);
  return { bits, isOpen };
}

/** The number of channels of a case's mask, and whether at most one of them has a pixel. */
export function channelsOfMask(c: {
  /** What the mask's values mean; without it there is one channel. */
  classes?: ClassMap;
}): { count: number; exclusive: boolean } {
  requireObject('channelsOfMask: c', c, []);
  const { classes } = c;
  return { count: classCount(classes), exclusive: classes?.exclusive ?? true };
}

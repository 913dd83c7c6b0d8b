import { kindOf, requireList } from '@medseg/arguments';

/** Any flat array of numbers that a mask, a label map or a probability map may come in. */
export type NumberArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | readonly number[];

/** A binary mask: 1 inside the object, 0 outside, row-major. */
export type Mask = NumberArray;

/** A label map: one non-negative integer for each pixel, row-major; 0 is the background. */
export type Labels = NumberArray;

/** Probabilities of the foreground in [0, 1], row-major. */
export type Probabilities = NumberArray;

/** Throws TypeError unless the value is an array: a promise or a tensor has no values, and would pass every check. */
export function checkArray(asked: string, name: string, value: NumberArray): void {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return;
  const kind = kindOf(value);
  const remedy = kind === 'Promise' ? '; await it' : kind === 'Tensor' ? '; give await tensor.data()' : '';
  throw new TypeError(`${asked}: ${name} must be an array of numbers, got ${kind}${remedy}`);
}

/** Throws RangeError unless the two arrays have one length, which stands for one shape. */
export function checkSameLength(asked: string, names: [string, string], a: NumberArray, b: NumberArray): void {
  checkArray(asked, names[0], a);
  checkArray(asked, names[1], b);
  if (a.length !== b.length) {
    throw new RangeError(
      `${asked}: ${names[0]} and ${names[1]} must have the same shape, got ${a.length} and ${b.length} values`,
    );
  }
}

/** Throws RangeError at the first value that is neither 0 nor 1. */
export function checkMask(asked: string, name: string, mask: Mask): void {
  checkArray(asked, name, mask);
  for (let i = 0; i < mask.length; i++) {
    const value = mask[i]!;
    if (value !== 0 && value !== 1) throw maskError(asked, name, i, value);
  }
}

/** The error for a value that a mask must not hold. */
export function maskError(asked: string, name: string, index: number, value: number): RangeError {
  return new RangeError(`${asked}: ${name}[${index}] is ${value}; a mask holds only 0 and 1`);
}

/** Throws RangeError at the first value that is not an integer in 0..classes-1. */
export function checkLabels(asked: string, name: string, labels: Labels, classes: number): void {
  checkArray(asked, name, labels);
  for (let i = 0; i < labels.length; i++) {
    const value = labels[i]!;
    if (!(value >= 0 && value < classes) || value !== Math.floor(value)) {
      throw new RangeError(`${asked}: ${name}[${i}] is ${value}; labels are integers in 0..${classes - 1}`);
    }
  }
}

/** Throws RangeError at the first value outside [0, 1]; NaN counts as outside. */
export function checkProbabilities(asked: string, name: string, values: Probabilities): void {
  checkArray(asked, name, values);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`${asked}: ${name}[${i}] is ${value}; probabilities lie in 0..1`);
    }
  }
}

/** Throws RangeError unless there is at least one member and all have one length. */
export function checkMembers(asked: string, members: readonly NumberArray[]): number {
  requireList(`${asked}: members`, members);
  const first = members[0];
  if (!first) throw new RangeError(`${asked}: needs at least one member, got none`);
  for (const [j, member] of members.entries()) {
    checkArray(asked, `members[${j}]`, member);
    if (member.length !== first.length) {
      throw new RangeError(
        `${asked}: members must have the same shape; members[0] has ${first.length} values, members[${j}] has ${member.length}`,
      );
    }
  }
  return first.length;
}

/** Throws RangeError unless the value is an integer of at least the minimum. */
export function checkCount(asked: string, name: string, value: number, minimum = 1): void {
  if (!Number.isInteger(value) || value < minimum) {
    throw new RangeError(`${asked}: ${name} must be an integer of at least ${minimum}, got ${value}`);
  }
}

import { determinant, type Geometry, geometryOf, type Matrix, normalTo, type Triple } from '../geometry.ts';
import type { NiftiHeader } from './header.ts';

/**
 * The position of a NIfTI file's voxels: its sform, else its qform, else, as in nibabel, only the spacings with the
 * middle of the grid at 0 and the first axis running to the left. An sform of zeros says nothing, and the qform counts, as in
 * ITK; the axis of one voxel that a flat image leaves at zero stands on the two others.
 *
 * Undefined when the one that counts spans no space or is not made of finite numbers.
 */
export function niftiGeometry(header: NiftiHeader): Geometry | undefined {
  const { sform, unit } = header;
  const isEmpty = sform.every((value, i) => i % 4 === 3 || value === 0);
  if (header.sformCode > 0 && !(isEmpty && header.qformCode > 0)) {
    const column = (c: number): Triple => [sform[c]! * unit, sform[4 + c]! * unit, sform[8 + c]! * unit];
    return geometryOf(withFlatAxis([column(0), column(1), column(2)], header), column(3));
  }
  const spacing = spacingOf(header);
  if (header.qformCode > 0) {
    // Version 1 stores 32 bits: there a remainder that small is rounding (nifti1.h), in version 2 it is a number.
    const turn = rotationOf(header.quaternion, header.version === 1 ? 1e-7 : 1e-15);
    const mirror = header.pixdim[0]! < 0 ? -1 : 1;
    const step = (axis: number, length: number): Triple => [
      turn[axis]! * length,
      turn[3 + axis]! * length,
      turn[6 + axis]! * length,
    ];
    const origin = header.quaternionOffset.map((value) => value * unit) as [number, number, number];
    return geometryOf([step(0, spacing[0]), step(1, spacing[1]), step(2, spacing[2] * mirror)], origin);
  }
  const middle = (axis: number): number => (((header.dims[axis] ?? 1) - 1) / 2) * spacing[axis]!;
  return geometryOf(
    [
      [-spacing[0], 0, 0],
      [0, spacing[1], 0],
      [0, 0, spacing[2]],
    ],
    [middle(0), -middle(1), -middle(2)],
  );
}

type Steps = [Triple, Triple, Triple];

/** The steps with the one of no length, along an axis that has one voxel only, made to stand on the two others. */
function withFlatAxis(steps: Steps, header: NiftiHeader): Steps {
  const flat = steps.findIndex((step, axis) => step.every((part) => part === 0) && (header.dims[axis] ?? 1) === 1);
  if (flat < 0) return steps;
  const normal = normalTo(steps[(flat + 1) % 3]!, steps[(flat + 2) % 3]!);
  const length = spacingOf(header)[flat]!;
  return steps.map((step, axis) => (axis === flat ? normal.map((part) => part * length) : step)) as unknown as Steps;
}

/** Spacings of the header; one that is no length is taken as 1 along an axis that has one voxel only. */
function spacingOf({ pixdim, dims, unit }: NiftiHeader): [number, number, number] {
  return [1, 2, 3].map((axis) => {
    const value = Math.abs(pixdim[axis]!) * unit;
    return (dims[axis - 1] ?? 1) === 1 && !(value > 0 && Number.isFinite(value)) ? 1 : value;
  }) as [number, number, number];
}

/** The rotation of a unit quaternion of which b, c and d are stored (nifti1.h, method 2). */
function rotationOf([b, c, d]: Triple, rounding: number): Matrix {
  const rest = 1 - (b * b + c * c + d * d);
  // Rounding may leave a little less than nothing for a.
  const scale = rest < rounding ? 1 / Math.sqrt(b * b + c * c + d * d) : 1;
  const [x, y, z] = [b * scale, c * scale, d * scale];
  const a = rest < rounding ? 0 : Math.sqrt(rest);
  return [
    a * a + x * x - y * y - z * z,
    2 * (x * y - a * z),
    2 * (x * z + a * y),
    2 * (x * y + a * z),
    a * a + y * y - x * x - z * z,
    2 * (y * z - a * x),
    2 * (x * z - a * y),
    2 * (y * z + a * x),
    a * a + z * z - x * x - y * y,
  ];
}

/**
 * The b, c and d of a direction's quaternion, and the sign of its third axis. Undefined when the axes do not stand on
 * one another, which a quaternion cannot say.
 */
export function quaternionOf(direction: Matrix): { quaternion: Triple; mirror: 1 | -1 } | undefined {
  const column = (c: number): Triple => [direction[c]!, direction[3 + c]!, direction[6 + c]!];
  const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  for (const [p, q] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    if (Math.abs(dot(column(p), column(q))) > 1e-5) return undefined;
  const mirror = determinant(direction) < 0 ? -1 : 1;
  const m = direction.map((value, i) => (i % 3 === 2 ? value * mirror : value)) as unknown as Matrix;
  // The largest of the four parts is found first, from the diagonal, and divides (Shepperd 1978).
  const squares = [1 + m[0] + m[4] + m[8], 1 + m[0] - m[4] - m[8], 1 - m[0] + m[4] - m[8], 1 - m[0] - m[4] + m[8]];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(squares[largest]!);
  const parts = [
    [s / 4, (m[7] - m[5]) / s, (m[2] - m[6]) / s, (m[3] - m[1]) / s],
    [(m[7] - m[5]) / s, s / 4, (m[1] + m[3]) / s, (m[2] + m[6]) / s],
    [(m[2] - m[6]) / s, (m[1] + m[3]) / s, s / 4, (m[5] + m[7]) / s],
    [(m[3] - m[1]) / s, (m[2] + m[6]) / s, (m[5] + m[7]) / s, s / 4],
  ][largest]!;
  const sign = parts[0]! < 0 ? -1 : 1; // a is not stored and taken as positive
  return { quaternion: [parts[1]! * sign, parts[2]! * sign, parts[3]! * sign], mirror };
}

/**
 * Sizes in millimetres (2-D) or square millimetres (3-D) of the piece of surface that passes through the middle of a
 * 2x2 or 2x2x2 neighbourhood, by neighbourhood code: the marching-squares or marching-cubes patch through the edge
 * midpoints, as DeepMind's surface-distance weighs its surface elements (Nikolov et al. 2021).
 *
 * A code's bit is set where the pixel is inside; bit 0 is the last pixel in row-major order.
 */
export function surfelSizes(spacing: readonly number[]): Float64Array {
  return spacing.length === 2 ? contourLengths(spacing[0]!, spacing[1]!) : patchAreas(spacing);
}

function contourLengths(vertical: number, horizontal: number): Float64Array {
  const sizes = new Float64Array(16);
  const corner = 0.5 * Math.sqrt(vertical ** 2 + horizontal ** 2);
  for (let code = 1; code < 15; code++) {
    const inside = [0, 1, 2, 3].filter((bit) => (code >> bit) & 1);
    if (inside.length !== 2) sizes[code] = corner;
    else {
      const apart = inside[0]! ^ inside[1]!; // 1: side by side, 2: one above the other, 3: opposite
      sizes[code] = apart === 1 ? horizontal : apart === 2 ? vertical : 2 * corner;
    }
  }
  return sizes;
}

/** The normal of a triangle on unit spacing, in eighths; its length is the area. Signs do not matter for areas. */
type Normal = readonly [number, number, number];

const CORNER: Normal = [1, 1, 1];

function patchAreas([s0, s1, s2]: readonly number[]): Float64Array {
  const sizes = new Float64Array(256);
  for (let code = 1; code < 255; code++) {
    const bits = [0, 1, 2, 3, 4, 5, 6, 7];
    let inside = bits.filter((bit) => (code >> bit) & 1);
    // A surface is the same seen from either side.
    if (inside.length > 4) inside = bits.filter((bit) => !((code >> bit) & 1));
    let area = 0;
    for (const part of connectedCorners(inside)) {
      for (const [n0, n1, n2] of patchNormals(part)) {
        area += Math.sqrt((n0 * s1! * s2!) ** 2 + (n1 * s0! * s2!) ** 2 + (n2 * s0! * s1!) ** 2) / 8;
      }
    }
    sizes[code] = area;
  }
  return sizes;
}

/** The bit that flips from one corner of the cube to its neighbour along axis 0, 1 and 2. */
const ALONG = [4, 2, 1] as const;

/** Groups of corners joined by edges of the cube: each has a patch of its own. */
function connectedCorners(corners: readonly number[]): number[][] {
  const left = new Set(corners);
  const groups: number[][] = [];
  for (const first of corners) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const corner of group) {
      for (const bit of ALONG) if (left.delete(corner ^ bit)) group.push(corner ^ bit);
    }
    groups.push(group);
  }
  return groups;
}

/** The triangles that cut one group of up to four corners off the cube. */
function patchNormals(group: readonly number[]): Normal[] {
  const neighbours = (corner: number): number => ALONG.filter((bit) => group.includes(corner ^ bit)).length;
  const usedAxes = ALONG.map((bit) => group.some((corner) => group.includes(corner ^ bit)));
  const flat = usedAxes.indexOf(false);
  switch (group.length) {
    case 1:
      return [CORNER];
    case 2: {
      // A roof over an edge: two halves of a rectangle that is parallel to the edge.
      const roof = without(usedAxes.indexOf(true));
      return [roof, roof];
    }
    case 3:
      return [CORNER, [2, 2, 2], only(flat)];
    default: {
      if (flat >= 0) return [only(flat), only(flat)]; // one whole face
      const middle = group.filter((corner) => neighbours(corner) === 2);
      if (middle.length === 0) return [CORNER, CORNER, [2, 2, 2], [2, 2, 2]]; // a corner and its three neighbours
      // A winding chain of three edges: the axis of the middle one stands out.
      const axis = ALONG.indexOf((middle[0]! ^ middle[1]!) as 1 | 2 | 4);
      return [CORNER, [3, 3, 3], without((axis + 1) % 3), without((axis + 2) % 3)];
    }
  }
}

function without(axis: number): Normal {
  return [axis === 0 ? 0 : 2, axis === 1 ? 0 : 2, axis === 2 ? 0 : 2];
}

function only(axis: number): Normal {
  return [axis === 0 ? 4 : 0, axis === 1 ? 4 : 0, axis === 2 ? 4 : 0];
}

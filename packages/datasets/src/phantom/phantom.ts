import { type OptionNames, requireOptions } from '@medseg/arguments';
import { createImage, type Image } from '@medseg/image-io';
import { createRandom, type Random } from '@medseg/random';
import { drawPatient, type PhantomPatient, type Tissue } from './phantom-patient.ts';
import { fractalNoise } from './value-noise.ts';

/** Options of {@link drawPhantomSlice}. */
export interface PhantomSliceOptions {
  /** Seed of everything random; the same seed draws the same slice. */
  seed: number;
  /** 0, 1, … Two patients share nothing but the way they are drawn. */
  patient: number;
  /** 0 to slices - 1, from below to above. */
  slice: number;
  /** Slices of the patient's head. */
  slices: number;
  /** Side of the square image in pixels. Default 128. */
  size?: number;
}

const phantomSliceOptionNames: OptionNames<PhantomSliceOptions> = {
  seed: true,
  patient: true,
  slice: true,
  slices: true,
  size: true,
};

/** A slice of the head phantom and its mask. */
export interface PhantomSlice {
  /** Three channels of 8 bits: T1 before contrast, FLAIR, T1 after contrast. */
  image: Image;
  /** 0 and 255. */
  mask: Image;
}

/**
 * Draws one slice of a head that nobody has: scalp, skull, folded grey and white matter, ventricles, vessels, a bias
 * field, noise, and a lesion whose FLAIR intensity is that of scalp, of caps at the ventricles and of small healthy
 * spots, and close to grey matter. What tells it apart is the three channels together, its texture and its size.
 *
 * The same options give the same pixels. Throws RangeError when a number is out of range.
 *
 * @example const { image, mask } = drawPhantomSlice({ seed: 1, patient: 0, slice: 2, slices: 4 })
 */
export function drawPhantomSlice(options: PhantomSliceOptions): PhantomSlice {
  requireOptions('drawPhantomSlice', options, phantomSliceOptionNames);
  const { seed, patient, slice, slices, size = 128 } = options;
  for (const [name, value, least] of [
    ['patient', patient, 0],
    ['slice', slice, 0],
    ['slices', slices, 1],
    ['size', size, 16],
  ] as const) {
    if (!Number.isInteger(value) || value < least)
      throw new RangeError(`phantom: ${name} must be a whole number of at least ${least}, got ${value}`);
  }
  if (slice >= slices) throw new RangeError(`phantom: slice must be below ${slices}, got ${slice}`);
  const stream = createRandom(seed).fork(`patient/${patient}`);
  const person = drawPatient(stream);
  const height = 0.7 * (((slice + 0.5) / slices) * 2 - 1);
  const clean = new Float32Array(size * size * 3);
  const mask = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const lesion = drawPixel(
        person,
        ((x + 0.5) / size) * 2 - 1,
        ((y + 0.5) / size) * 2 - 1,
        height,
        2 / size,
        clean,
        i * 3,
      );
      mask[i] = lesion >= 0.5 ? 255 : 0;
    }
  }
  const data = acquire(clean, size, person, stream.fork(`noise/${slice}`));
  return {
    image: createImage({ width: size, height: size, channels: 3, data }),
    mask: createImage({ width: size, height: size, channels: 1, data: mask }),
  };
}

/** Writes the three intensities of a place (px, py) in [-1, 1] and returns how much of it is lesion. */
function drawPixel(
  p: PhantomPatient,
  px: number,
  py: number,
  z: number,
  pixel: number,
  out: Float32Array,
  at: number,
): number {
  const { head, tissues, noiseSeed } = p;
  const zoom = Math.sqrt(1 - 0.3 * z * z);
  const cos = Math.cos(head.angle);
  const sin = Math.sin(head.angle);
  const dx = (px - head.x) / zoom;
  const dy = (py - head.y) / zoom;
  const x = dx * cos + dy * sin;
  const y = dy * cos - dx * sin;
  const angle = Math.atan2(y / head.height, x / head.width);
  const wobble = head.wobble.reduce((sum, a, k) => sum + a * Math.cos((k + 2) * angle + k + z), 1);
  // 1 on the skin, falling to 0 in the middle.
  const rho = Math.hypot(x / head.width, y / head.height) / wobble;
  const soft = pixel * 1.4;
  const noise = (frequency: number, field: number, octaves: number): number =>
    fractalNoise(x * frequency + 40 + z * 0.8, y * frequency + 40 - z * 0.6, noiseSeed + field * 7919, octaves);

  const colour: [number, number, number] = [...tissues.background];
  const paint = (tissue: Tissue, share: number, texture = 1): void => {
    if (share <= 0) return;
    for (let c = 0; c < 3; c++) colour[c]! += (tissue[c]! * texture - colour[c]!) * Math.min(1, share);
  };
  const skinDepth = 1 - rho;
  if (skinDepth < -soft) {
    out.set(colour, at);
    return 0;
  }
  const skullAt = p.scalp * (1 + 0.25 * noise(3, 1, 2));
  const brainAt = skullAt + p.skull * (1 + 0.2 * noise(3, 2, 2));
  paint(tissues.scalp, ramp(skinDepth, soft), 1 + 0.12 * noise(14, 3, 2));
  paint(tissues.bone, ramp(skinDepth - skullAt, soft), 1 + 0.3 * noise(12, 4, 2));
  paint(tissues.csf, ramp(skinDepth - brainAt, soft));
  const depth = skinDepth - brainAt - 0.02;
  const inside = ramp(depth, soft);
  if (inside > 0) {
    paintBrain(p, x, y, z, depth, soft, noise, paint);
    for (const spot of p.spots)
      paint(spot.tissue, inside * ramp(spot.radius - Math.hypot(x - spot.x, y - spot.y), soft));
  }
  const lesion = inside > 0.5 ? paintLesion(p, x, y, z, soft, noise, paint) : 0;
  out.set(colour, at);
  return lesion;
}

type Noise = (frequency: number, field: number, octaves: number) => number;
type Paint = (tissue: Tissue, share: number, texture?: number) => void;

function paintBrain(
  p: PhantomPatient,
  x: number,
  y: number,
  z: number,
  depth: number,
  soft: number,
  noise: Noise,
  paint: Paint,
): void {
  const { tissues, ventricles } = p;
  const inside = ramp(depth, soft);
  // Cortex lines the outer border and every sulcus; both are folded, and white matter fills what is left.
  const bend = 0.05 * noise(5, 5, 2);
  const ridge = Math.abs(noise(5.5 + bend, 6, 2));
  const reach = 0.2 + 0.12 * noise(4, 15, 1);
  const sulcus = Math.max(ridge / 7, (depth - reach) / 1.5);
  const folds = Math.min(depth, sulcus * 1.6 + 0.012);
  paint(tissues.grey, inside, 1 + 0.05 * noise(22, 7, 2));
  paint(tissues.white, ramp(folds - 0.055 - bend, soft * 1.5), 1 + 0.06 * noise(6, 8, 3));
  paint(tissues.csf, 0.9 * inside * ramp(0.016 - sulcus, soft * 0.6));
  const midline = Math.abs(x + 0.015 * noise(4, 9, 1));
  paint(tissues.grey, inside * ramp(0.06 - midline, soft) * ramp(0.34 - depth, 0.05));
  paint(tissues.csf, inside * ramp(0.018 - midline, soft) * ramp(0.32 - depth, 0.05));

  const nuclei = Math.hypot((Math.abs(x) - 0.19) / 0.085, (y + 0.02) / 0.17);
  paint(tissues.nuclei, ramp((1 - nuclei) * 0.1, soft * 1.5));
  // Two lateral ventricles as slanted lenses, largest in the middle slices, with caps at their ends.
  const size = ventricles.size * (1 - 0.5 * z * z);
  const long = 0.25 * size;
  const wide = 0.05 * size * ventricles.width;
  const vx = Math.abs(x) - 0.075 - ventricles.tilt * Math.abs(y + 0.04) * 0.6 + 0.01 * noise(5, 10, 2);
  const vy = (y + 0.04) / long;
  const lens = Math.abs(vy) < 1 ? wide * (1 - vy * vy) - Math.abs(vx) : -Math.abs(vx) - 0.2 * (Math.abs(vy) - 1);
  const tip = Math.hypot(vx, (Math.abs(vy) - 1.02) * long);
  paint(tissues.caps, inside * ramp(0.055 * size * (1 + 0.5 * noise(9, 11, 2)) - tip, soft));
  paint(tissues.csf, ramp(lens, soft));
  paint(tissues.csf, ramp(0.014 * size - Math.hypot(x, Math.max(0, Math.abs(y - 0.1) - 0.1)), soft));
}

/** Paints the lesion, an irregular outline of a few low harmonics, and returns its share of the place. */
function paintLesion(
  { lesion, tissues }: PhantomPatient,
  x: number,
  y: number,
  z: number,
  soft: number,
  noise: Noise,
  paint: Paint,
): number {
  const dx = x - lesion.x - 0.05 * z;
  const dy = y - lesion.y + 0.04 * z;
  const angle = Math.atan2(dy, dx);
  const outline = lesion.harmonics.reduce((sum, h) => sum + h.height * Math.cos(h.order * angle + h.phase + z), 1);
  const radius = lesion.radius * Math.sqrt(1 - 0.75 * z * z) * Math.max(0.35, outline);
  const distance = Math.hypot(dx, dy);
  if (distance > radius + 0.1) return 0;
  const inward = radius - distance + 0.02 * noise(12, 12, 2);
  const share = ramp(inward, soft * 1.3);
  const mottle = 1 + 0.2 * noise(15, 13, 3);
  paint(tissues.rim, share, mottle);
  paint(tissues.lesion, ramp(inward - 0.04, soft * 1.5), mottle);
  // Some lesions have a core of fluid, dark where the rest is bright.
  paint(tissues.csf, 0.6 * ramp(lesion.core * radius - distance + 0.03 * noise(10, 14, 2), soft * 2));
  return share;
}

/** 0 below -width, 1 above width, smooth between; `distance` is positive inside. */
function ramp(distance: number, width: number): number {
  const t = Math.min(1, Math.max(0, distance / (2 * width) + 0.5));
  return t * t * (3 - 2 * t);
}

/** What the scanner adds: a little blur, the bias field and Rician noise (Gudbjartsson & Patz 1995). */
function acquire(clean: Float32Array, size: number, { bias, noise }: PhantomPatient, random: Random): Uint8Array {
  const out = new Uint8Array(clean.length);
  const weights = [0.15, 0.7, 0.15];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = (x / size) * 2 - 1;
      const v = (y / size) * 2 - 1;
      const field = Math.exp(
        bias[0]! * u + bias[1]! * v + bias[2]! * u * v + bias[3]! * (u * u - v * v) + bias[4]! * (u * u + v * v - 0.7),
      );
      for (let c = 0; c < 3; c++) {
        let blurred = 0;
        for (let j = -1; j <= 1; j++) {
          for (let i = -1; i <= 1; i++) {
            const yy = Math.min(size - 1, Math.max(0, y + j));
            const xx = Math.min(size - 1, Math.max(0, x + i));
            blurred += weights[j + 1]! * weights[i + 1]! * clean[(yy * size + xx) * 3 + c]!;
          }
        }
        const level = Math.hypot(blurred * field + noise * random.normal(), noise * random.normal());
        out[(y * size + x) * 3 + c] = Math.min(255, Math.round(level));
      }
    }
  }
  return out;
}

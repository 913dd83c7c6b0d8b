import type { Random } from '@medseg/random';

/** Intensities before contrast, FLAIR and after contrast, in grey levels of 0 to 255. */
export type Tissue = readonly [number, number, number];

/** A small round structure; places and radii in half image sides, from the middle of the head. */
interface Spot {
  x: number;
  y: number;
  radius: number;
  tissue: Tissue;
}

/** Everything that one phantom patient keeps from slice to slice. Lengths in half image sides. */
export interface PhantomPatient {
  noiseSeed: number;
  head: { x: number; y: number; width: number; height: number; angle: number; wobble: number[] };
  scalp: number;
  skull: number;
  ventricles: { size: number; width: number; tilt: number };
  tissues: Record<
    'background' | 'scalp' | 'bone' | 'csf' | 'grey' | 'white' | 'nuclei' | 'caps' | 'lesion' | 'rim',
    Tissue
  >;
  /** Healthy structures as bright as the lesion: vessels and small spots of white matter disease. */
  spots: Spot[];
  lesion: {
    x: number;
    y: number;
    radius: number;
    harmonics: { order: number; height: number; phase: number }[];
    core: number;
  };
  /** Coefficients of the smooth field that multiplies all intensities. */
  bias: number[];
  /** Standard deviation of the noise in grey levels. */
  noise: number;
}

/** Draws a patient: shape of the head, contrasts, lesion, healthy structures that look like it. */
export function drawPatient(random: Random): PhantomPatient {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const gains: Tissue = [between(0.85, 1.15), between(0.88, 1.12), between(0.85, 1.15)];
  const tissue = (pre: number, flair: number, post: number, spread = 0.04): Tissue =>
    [pre, flair, post].map((level, i) => level * gains[i]! * between(1 - spread, 1 + spread)) as unknown as Tissue;

  const noiseSeed = random.integer(2 ** 31);
  const head = {
    x: between(-0.04, 0.04),
    y: between(-0.04, 0.04),
    width: between(0.7, 0.78),
    height: between(0.86, 0.93),
    angle: between(-0.13, 0.13),
    wobble: Array.from({ length: 4 }, () => between(-0.012, 0.012)),
  };
  const tissues = {
    background: [3, 3, 3] as Tissue,
    scalp: tissue(185, 150, 190, 0.1),
    bone: tissue(28, 24, 32),
    csf: tissue(42, 30, 48),
    grey: tissue(96, 118, 106),
    white: tissue(124, 94, 134),
    nuclei: tissue(106, 112, 116),
    caps: tissue(94, 146, 104, 0.08),
    lesion: tissue(88, 140, 98, 0.07),
    rim: random.uniform() < 0.4 ? tissue(92, 134, 170, 0.08) : tissue(92, 138, 102, 0.06),
  };
  const spots: Spot[] = [];
  for (let i = 3 + random.integer(4); i > 0; i--) {
    const [x, y] = placeInBrain(random, 0.85);
    spots.push({ x, y, radius: between(0.02, 0.04), tissue: tissue(70, 45, 205, 0.1) });
  }
  for (let i = 4 + random.integer(6); i > 0; i--) {
    const [x, y] = placeInBrain(random, 0.8);
    spots.push({ x, y, radius: between(0.03, 0.075), tissue: tissue(96, 144, 106, 0.1) });
  }
  const radius = between(0.15, 0.3);
  const [x, y] = placeInBrain(random, 0.95 - radius);
  const lesion = {
    x,
    y,
    radius,
    harmonics: [2, 3, 4, 5, 7].map((order) => ({
      order,
      height: between(0, 0.42 / order),
      phase: between(0, 2 * Math.PI),
    })),
    core: random.uniform() < 0.5 ? between(0.2, 0.45) : 0,
  };
  return {
    noiseSeed,
    head,
    scalp: between(0.06, 0.1),
    skull: between(0.05, 0.075),
    ventricles: { size: between(0.75, 1.3), width: between(0.8, 1.3), tilt: between(0.12, 0.3) },
    tissues,
    spots,
    lesion,
    bias: Array.from({ length: 5 }, () => between(-0.13, 0.13)),
    noise: between(3.5, 6),
  };
}

/** A place whose distance from the middle is at most `reach` of the brain's half axes, evenly over the area. */
function placeInBrain(random: Random, reach: number): [number, number] {
  const distance = reach * Math.sqrt(random.uniform());
  const angle = 2 * Math.PI * random.uniform();
  return [0.55 * distance * Math.cos(angle), 0.68 * distance * Math.sin(angle)];
}

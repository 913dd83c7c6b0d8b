import { kindOf } from '@medseg/arguments';
import type { SurfaceDistances } from './surface-distances.ts';

/** Throws TypeError for what is not from `surfaceDistances`, such as the masks themselves. */
export function requireSurfaces(asked: string, surfaces: SurfaceDistances): void {
  const { predictionToTruth, truthToPrediction } = (surfaces ?? {}) as Partial<SurfaceDistances>;
  if (predictionToTruth?.distances !== undefined && truthToPrediction?.distances !== undefined) return;
  throw new TypeError(
    `${asked}: surfaces must be what surfaceDistances(prediction, truth, { shape }) gives, got ${kindOf(surfaces)}`,
  );
}

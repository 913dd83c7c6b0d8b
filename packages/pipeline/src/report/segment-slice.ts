import { requireOptions } from '@medseg/arguments';
import { isVolume } from '@medseg/datasets';
import type { SamplingFrame, SegmentedSlice, SlicePlace } from '@medseg/report';
import type { TruthCase } from '../evaluation/truth.ts';
import type { RunModel } from '../networks/run-model.ts';
import type { EnsembleOptions } from '../segmentation/sample-places.ts';
import { ensembleOptionNames } from '../segmentation/sample-places.ts';
import { segmentScan, watchPlace } from '../segmentation/segment-scans.ts';
import { cutSlice, fullestSlice } from './scan-slice.ts';
import { sliceSides } from './slice-sides.ts';

/** Steps of the emerging mask: more than are needed, so that there is something to see. */
const EMERGING_STEPS = 8;

/** Segments a case, and cuts out what the report shows of it: of a volume, the slice with the most of the truth. */
export async function segmentSlice(
  model: RunModel,
  truthCase: TruthCase,
  options: EnsembleOptions,
): Promise<SegmentedSlice> {
  requireOptions('segmentSlice', options, ensembleOptionNames);
  const { scan, truth, ignored, annotators } = truthCase;
  const { grid, slice } = fullestSlice(truthCase, options.preparation.view);
  const asked = { ...truthCase, keepMembers: annotators !== undefined };
  const { probability, uncertainty, masks, members } = await segmentScan(model, asked, options);
  const cut = (values: ArrayLike<number>, channels: number): Float32Array =>
    cutSlice(values, channels, grid, slice).data;
  const cutEach = (own: readonly Uint8Array[]): Float32Array[] => own.map((mask) => cut(mask, 1));
  return {
    image: {
      ...{ height: grid.height, width: grid.width, channels: scan.channels },
      data: cut(scan.data, scan.channels),
      alpha: !isVolume(scan) && scan.alpha,
    },
    truth: truth.map((mask) => cut(mask, 1)),
    ...(ignored && { ignored: cut(ignored, 1) }),
    probability: cut(probability, truth.length),
    uncertainty: cut(uncertainty, 1),
    ...(masks && { prediction: cutEach(masks) }),
    ...(annotators && { annotators: annotators.map(({ name, truth: own }) => ({ name, masks: cutEach(own) })) }),
    ...(members && { members: members.map(cutEach) }),
    ...(isVolume(scan) && { place: placeOf(truthCase, slice, grid.count, options) }),
  };
}

/** Which slice of a volume is shown, and what its sides are. */
function placeOf({ scan }: TruthCase, slice: number, of: number, { preparation }: EnsembleOptions): SlicePlace {
  const plane = preparation.view?.plane ?? 'axial';
  return { number: slice + 1, of, plane, sides: sliceSides(scan, plane) };
}

/** Draws a single sample of a case and keeps its steps, on the network's grid. */
export async function watchSampling(
  model: RunModel,
  truthCase: TruthCase,
  options: EnsembleOptions,
): Promise<SamplingFrame[]> {
  requireOptions('watchSampling', options, ensembleOptionNames);
  const { slice } = fullestSlice(truthCase, options.preparation.view);
  const frames: SamplingFrame[] = [];
  await watchPlace(model, truthCase, options.preparation.view?.patches ? 0 : slice, {
    ...options,
    steps: EMERGING_STEPS,
    members: 1,
    onStep: ({ t, x, x0 }) =>
      frames.push({ t, noisy: x.dataSync<'float32'>().slice(), predicted: x0.dataSync<'float32'>().slice() }),
  });
  return frames;
}

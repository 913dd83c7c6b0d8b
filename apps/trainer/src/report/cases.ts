import type { Case } from '@medseg/datasets';
import { CLASS_COLOURS } from '../data-report/tile.ts';
import type { EnsembleOptions } from '../draw-places.ts';
import type { CaseScores } from '../evaluation/scores.ts';
import { threshold } from '../evaluation/threshold.ts';
import { loadTruth } from '../load-truth.ts';
import type { RunNetwork } from '../networks/run-network.ts';
import { segmentScan, watchPlace } from '../segment-scans.ts';
import {
  drawGrey,
  drawHeat,
  drawMask,
  PREDICTION_COLOUR,
  type Rgb,
  TRUTH_COLOUR,
  toDataUri,
  toRgb,
} from './pictures.ts';
import { cutSlice, fullestSlice, type Slice } from './scan-slice.ts';

/** A case as the report shows it; pictures are data URIs. */
export interface CasePanel {
  readonly title: string;
  readonly result: CaseScores;
  readonly pictures: readonly { readonly caption: string; readonly uri: string }[];
}

/** One step of a mask that emerges from noise. */
export interface EmergingStep {
  readonly t: number;
  /** The noisy mask that the network was given, and the clean mask that it made of it. */
  readonly noisy: string;
  readonly predicted: string;
}

/** Steps of the emerging mask: more than are needed, so that there is something to see. */
const EMERGING_STEPS = 8;

/** The best, the median and the worst of some results. */
export function exemplars(results: readonly CaseScores[]): { title: string; result: CaseScores }[] {
  const sorted = [...results].sort((a, b) => b.dice - a.dice || a.id.localeCompare(b.id));
  const chosen = new Map<CaseScores, string>();
  const add = (title: string, result: CaseScores): void => {
    if (!chosen.has(result)) chosen.set(result, title);
  };
  add('Best', sorted[0]!);
  add('Median', sorted[(sorted.length - 1) >> 1]!);
  add('Worst', sorted.at(-1)!);
  return [...chosen].map(([result, title]) => ({ title, result }));
}

/** Image, truth, prediction and uncertainty of a case; of a volume, the slice with the most of the truth. */
export async function drawCase(
  network: RunNetwork,
  title: string,
  result: CaseScores,
  source: Case,
  options: EnsembleOptions,
): Promise<CasePanel> {
  const truthCase = await loadTruth(source);
  const { scan, truth } = truthCase;
  const { grid, slice } = fullestSlice(truthCase, options.preparation.view);
  const cut = (values: ArrayLike<number>, channels: number): Slice => cutSlice(values, channels, grid, slice);
  const segmentation = await segmentScan(network, truthCase, options);
  const size = { height: grid.height, width: grid.width };
  const rgb = toRgb(cut(scan.data, scan.channels), scan);
  const count = truth.length;
  const probability = cut(segmentation.probability, count).data;
  const draw = (maskOf: (k: number) => Uint8Array, single: Rgb): string => {
    const drawn = truth.reduce(
      (picture, _, k) => drawMask(picture, maskOf(k), size, count === 1 ? single : classColour(k)),
      rgb,
    );
    return toDataUri(drawn, size);
  };
  const pictures = [
    { caption: 'image', uri: toDataUri(rgb, size) },
    { caption: 'truth', uri: draw((k) => Uint8Array.from(cut(truth[k]!, 1).data), TRUTH_COLOUR) },
    {
      caption: 'prediction',
      uri: draw((k) => threshold(probability.filter((_, i) => i % count === k)), PREDICTION_COLOUR),
    },
    { caption: 'uncertainty', uri: toDataUri(drawHeat(cut(segmentation.uncertainty, 1).data), size) },
  ];
  return { title, result, pictures };
}

/** The colour of a class among several. */
export function classColour(k: number): Rgb {
  return CLASS_COLOURS[k % CLASS_COLOURS.length]!;
}

/** A single mask of a case, step by step from pure noise; of several classes the likeliest at each pixel. */
export async function drawEmerging(
  network: RunNetwork,
  source: Case,
  options: EnsembleOptions,
): Promise<EmergingStep[]> {
  const truthCase = await loadTruth(source);
  const [height, width] = network.network.imageSize as [number, number];
  const size = { height, width };
  const classes = network.network.maskChannels;
  const unit = (values: Float32Array): Float32Array => {
    const shown = new Float32Array(height * width);
    for (let i = 0; i < shown.length; i++) {
      const own = values.subarray(i * classes, (i + 1) * classes);
      shown[i] = (Math.max(...own) + 1) / 2;
    }
    return shown;
  };
  const frames: { t: number; x: Float32Array; x0: Float32Array }[] = [];
  const { slice } = fullestSlice(truthCase, options.preparation.view);
  await watchPlace(network, truthCase, options.preparation.view?.patches ? 0 : slice, {
    ...options,
    steps: EMERGING_STEPS,
    members: 1,
    onStep: ({ t, x, x0 }) => frames.push({ t, x: unit(x.dataSync<'float32'>()), x0: unit(x0.dataSync<'float32'>()) }),
  });
  return frames.map(({ t, x, x0 }) => ({
    t,
    noisy: toDataUri(drawGrey(x), size),
    predicted: toDataUri(drawGrey(x0), size),
  }));
}

import type { Case } from '@medseg/datasets';
import { loadOriginal } from '@medseg/datasets/node';
import { type EnsembleOptions, segmentOriginals } from '../evaluate-cases.ts';
import { threshold, toImageSize } from '../evaluation/map-to-mask.ts';
import type { CaseScores } from '../evaluation/scores.ts';
import type { RunNetwork } from '../networks/run-network.ts';
import { drawGrey, drawHeat, drawMask, PREDICTION_COLOUR, TRUTH_COLOUR, toDataUri, toRgb } from './pictures.ts';

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

/** Image, truth, prediction and uncertainty of a case. */
export async function drawCase(
  network: RunNetwork,
  title: string,
  result: CaseScores,
  source: Case,
  options: EnsembleOptions,
): Promise<CasePanel> {
  const original = await loadOriginal(source);
  const { image } = original;
  const [segmentation] = await segmentOriginals(network, [original], options);
  const prediction = threshold(toImageSize(segmentation!.probability, segmentation!, image));
  const rgb = toRgb(image);
  const pictures = [
    { caption: 'image', uri: toDataUri(rgb, image) },
    { caption: 'truth', uri: toDataUri(drawMask(rgb, original.mask, image, TRUTH_COLOUR), image) },
    { caption: 'prediction', uri: toDataUri(drawMask(rgb, prediction, image, PREDICTION_COLOUR), image) },
    {
      caption: 'uncertainty',
      uri: toDataUri(drawHeat(toImageSize(segmentation!.uncertainty, segmentation!, image)), image),
    },
  ];
  return { title, result, pictures };
}

/** A single mask of a case, step by step from pure noise. */
export async function drawEmerging(
  network: RunNetwork,
  source: Case,
  options: EnsembleOptions,
): Promise<EmergingStep[]> {
  const original = await loadOriginal(source);
  const [height, width] = network.imageSize;
  const size = { height, width };
  const unit = (values: ArrayLike<number>): Float32Array => Float32Array.from(values, (v) => (v + 1) / 2);
  const frames: { t: number; x: Float32Array; x0: Float32Array }[] = [];
  await segmentOriginals(network, [original], {
    ...options,
    steps: EMERGING_STEPS,
    members: 1,
    onStep: ({ t, x, x0 }) => frames.push({ t, x: unit(x.dataSync()), x0: unit(x0.dataSync()) }),
  });
  return frames.map(({ t, x, x0 }) => ({
    t,
    noisy: toDataUri(drawGrey(x), size),
    predicted: toDataUri(drawGrey(x0), size),
  }));
}

import { pickOptions, requireOptions } from '@medseg/arguments';
import { createRandom } from '@medseg/random';
import { changeSample, type SampleSource } from '../batches/batcher.ts';
import { annotatorCount, type Case, type Sample } from '../case.ts';
import { channelsOfMask } from '../class-map.ts';
import { type ReadMaskOptions, readMaskOptionNames } from '../reading/decode-mask.ts';
import { fuseAnnotators } from '../reading/fuse-annotators.ts';
import { readCase } from '../reading/read-case.ts';
import { cutMask, cutWeights, type MaskLayer } from '../slicing/cut-mask.ts';
import { type Item, itemsOf } from '../slicing/items.ts';
import { type PreparedScan, type PrepareOptions, prepareOptionNames, prepareScan } from '../slicing/prepare.ts';
import { type ByteCache, createByteCache } from './byte-cache.ts';
import type { CaseSourceOptions } from './options.ts';
import { caseSourceOptionNames } from './options.ts';
import { createSamplePool } from './sample-pool.ts';
import { createSemaphore } from './semaphore.ts';

/** A case that was read, of which any place can be cut. */
interface OpenCase {
  scan: PreparedScan;
  layers: MaskLayer[];
  bytes: number;
}

/**
 * Provides the samples of cases by number: one per case, or per slice or patch as `view` cuts it. Files are read on
 * demand and cached up to `maxBytes`; a volume is decoded once while it is cached.
 *
 * Throws RangeError for options that contradict one another; a sample throws what `readCase` throws.
 *
 * @example const batcher = createBatcher(openCases(train, { imageSize: [64, 64] }), { batchSize: 16, seed: 1 })
 */
export function openCases(cases: readonly Case[], options: CaseSourceOptions): SampleSource {
  requireOptions('openCases', options, caseSourceOptionNames);
  const { seed = 0, maxBytes = 2 ** 29, workers = 0, workerUrl = new URL('./worker.js', import.meta.url) } = options;
  if (!Number.isInteger(workers) || workers < 0)
    throw new RangeError(`openCases: workers must be a whole number of at least 0, got ${workers}`);
  const items = itemsOf(cases, options);
  // Each case is but one sample: then samples are kept, else what they are cut from.
  const isWhole = new Set(items.map(({ caseIndex }) => caseIndex)).size === items.length;
  const groups = isWhole
    ? undefined
    : { of: (index: number) => items[index]!.caseIndex, atOnce: groupsThatFit(cases, maxBytes) };
  if (workers > 0) {
    const { annotators } = options;
    if (typeof annotators === 'object' && 'fuse' in annotators)
      throw new RangeError('openCases: a function that fuses annotators cannot go to threads; use workers: 0');
    const { workers: _, workerUrl: __, onDeath, onStuck, patience, ...plain } = options;
    const own = { ...plain, maxBytes: Math.floor(maxBytes / workers) };
    let here: SampleSource | undefined;
    return createSamplePool({
      length: items.length,
      ...(groups && { groups }),
      caseOf: (index) => items[index]?.caseIndex ?? 0,
      threads: workers,
      url: workerUrl,
      data: { cases, options: own },
      async readHere({ index, epoch, change }) {
        here ??= openCases(cases, own);
        const kept = await here.sample(index, epoch);
        return change ? changeSample(kept, index, epoch, change) : kept;
      },
      ...(onDeath && { onDeath }),
      ...(onStuck && { onStuck }),
      ...(patience !== undefined && { patience }),
    });
  }
  const atOnce = createSemaphore(isWhole ? 4 : 1);
  const samples = createByteCache<Sample[]>(isWhole ? maxBytes : 0, (drawable) =>
    drawable.reduce(
      (sum, { mask, pixelWeights }) => sum + mask.byteLength + (pixelWeights?.byteLength ?? 0),
      drawable[0]!.image.byteLength,
    ),
  );
  const open = createByteCache<OpenCase>(isWhole ? 0 : maxBytes, ({ bytes }) => bytes);
  const drawable = (index: number, item: Item): Promise<Sample[]> =>
    samples.get(index, async () =>
      cutItem(cases[item.caseIndex]!, item, await atOnce(() => openCase(cases, item, options, open)), options),
    );
  const random = createRandom(seed);
  return {
    length: items.length,
    ...(groups && { groups }),
    async sample(index, epoch = 0) {
      const item = items[index];
      if (!item) throw new RangeError(`openCases: index must be 0 to ${items.length - 1}, got ${index}`);
      const choices = await drawable(index, item);
      const chosen = choices.length === 1 ? 0 : random.fork(`annotator/${epoch}/${item.id}`).integer(choices.length);
      return choices[chosen]!;
    },
  };
}

async function openCase(
  cases: readonly Case[],
  { caseIndex }: Item,
  options: CaseSourceOptions,
  cache: ByteCache<OpenCase>,
): Promise<OpenCase> {
  const c = cases[caseIndex]!;
  return await cache.get(caseIndex, async () => {
    const { scan, masks } = await readCase(c, pickOptions<ReadMaskOptions>(options, readMaskOptionNames));
    const layers = fuseAnnotators(masks, channelsOfMask(c), options.annotators ?? 'majority', c.id);
    const bytes = layers.reduce(
      (sum, layer) => sum + ('bits' in layer ? layer.bits : layer.shares).byteLength + (layer.ignored?.byteLength ?? 0),
      scan.data.byteLength,
    );
    return { scan: prepareScan(scan, pickOptions<PrepareOptions>(options, prepareOptionNames)), layers, bytes };
  });
}

/** The sample at a place, once for each annotator that may be drawn. */
function cutItem(c: Case, { id, place }: Item, { scan, layers }: OpenCase, options: CaseSourceOptions): Sample[] {
  const { data, height, width, channels } = scan.at(place);
  const { count: classes, exclusive } = channelsOfMask(c);
  const { imageSize, maskResize } = options;
  const spacing = scan.spacingAt(place);
  const { window = scan.grid } = place;
  const cut = { imageSize, ...(maskResize && { maskResize }) };
  return layers.map((layer) => {
    const pixelWeights = cutWeights(layer, scan.grid, place, cut);
    return {
      id,
      patient: c.patient,
      height,
      width,
      channels,
      classes,
      image: data,
      mask: cutMask(layer, scan.grid, place, { classes, exclusive, ...cut }),
      ...(pixelWeights && { pixelWeights }),
      originalSize: [window.height, window.width],
      ...(spacing && { spacing }),
      source: { caseId: c.id, place },
    };
  });
}

const bytesOf: Record<string, number> = { uint8: 1, int8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4 };

/** How many cases are in memory at once, from what is known of their sizes. */
function groupsThatFit(cases: readonly Case[], maxBytes: number): number {
  const largest = Math.max(
    ...cases.map((c) => {
      const { facts, classes } = c;
      if (!facts) return 0;
      const pixels = facts.size.reduce<number>((product, side) => product * side, 1);
      const maskBytes = annotatorCount(c) * ((classes?.names.length ?? 1) <= 8 ? 1 : 4);
      return pixels * (facts.channels * (bytesOf[facts.dtype] ?? 8) + maskBytes);
    }),
  );
  return Math.max(1, Math.floor(maxBytes / Math.max(1, largest)));
}

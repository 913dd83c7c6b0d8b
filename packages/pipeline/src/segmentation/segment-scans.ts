import { type OptionNames, pickOptions, requireObject, requireOneOf, requireOptions } from '@medseg/arguments';
import {
  type Assembler,
  createAssembler,
  type Place,
  type PreparedScan,
  type PrepareOptions,
  prepareScan,
  type Scan,
} from '@medseg/datasets';
import type { SamplingOptions } from '@medseg/inference';
import { RunError } from '../errors.ts';
import type { RunModel } from '../networks/run-model.ts';
import { finishIntensities, type Preparation } from '../run/preparation.ts';
import { FUSIONS, fuseMembers } from './fuse-members.ts';
import { matchChannels } from './match-channels.ts';
import { createMemberMasks, type MemberMasks } from './member-masks.ts';
import {
  type EnsembleOptions,
  type PlaceInput,
  type PlaceSampler,
  type SamplePlacesOptions,
  samplePlaces,
  samplePlacesOptionNames,
} from './sample-places.ts';
import { samplesAtOnce } from './samples-at-once.ts';

/** An image or volume to segment; the id names its noise. */
export interface NamedScan {
  /** Unique among the scans. */
  readonly id: string;
  /** The image or volume as stored. */
  readonly scan: Scan;
  /** Whether the segmentation has the masks of each member too. Default false. */
  readonly keepMembers?: boolean | undefined;
}

/** What a network says of a whole scan: pixel by pixel of the file, the classes of one side by side. */
export interface ScanSegmentation {
  /** Classes K, the background not counted. */
  readonly classes: number;
  /** Probability of each class, pixels * K. */
  readonly probability: Float32Array;
  /** One value a pixel. */
  readonly uncertainty: Float32Array;
  /** Probability by the anchor head alone, pixels * K; undefined where it was not asked for or there is none. */
  readonly anchor?: Float32Array | undefined;
  /** Probability as predicted after each sampling step, pixels * K each; absent unless asked for. */
  readonly emerging?: readonly Float32Array[];
  /** Whose map it is where it is not the ensemble's. */
  readonly method?: 'anchor' | undefined;
  /**
   * Masks of each class, 0 or 1 for each pixel, where members were fused by their masks. Default: the mask is 1 where the
   * probability is one half or more.
   */
  readonly masks?: readonly Uint8Array[] | undefined;
  /**
   * `[member][class]`, 0 or 1 for each pixel: the masks of each member, where the scan asked for them. Of a volume a
   * member is what one stream of noise made of its slices or patches.
   */
  readonly members?: readonly (readonly Uint8Array[])[] | undefined;
}

/** Options of {@link segmentScans}. */
export interface SegmentScansOptions extends EnsembleOptions {
  /** Ends the segmentation before the next sampling step. Default none. */
  readonly signal?: AbortSignal;
  /** Told after each sampling step on this thread. Default none. */
  readonly onStep?: () => void;
  /** Told of each scan how many places are to be drawn, with 0 done, and then of each place. Default none. */
  readonly onPlace?: (id: string, done: number, of: number) => void;
  /** Whether segmentations have the anchor's map too, where the network has an anchor. Default false. */
  readonly anchor?: boolean;
  /** Whether segmentations have what was predicted after each step: as many maps as there are steps. Default false. */
  readonly keepSteps?: boolean | undefined;
  /** Threads that draw; without it only this one. */
  readonly sampler?: PlaceSampler;
  /** Told what was done to a scan so that the network takes it. Default none. */
  readonly onRemark?: (id: string, text: string) => void;
  /** Told of a scan that cannot be segmented, and goes on with the next one; without it the error is thrown. */
  readonly onFailure?: (id: string, error: RunError | RangeError) => void;
}

const segmentScansOptionNames: OptionNames<SegmentScansOptions> = {
  signal: true,
  onStep: true,
  onPlace: true,
  anchor: true,
  keepSteps: true,
  sampler: true,
  onRemark: true,
  onFailure: true,
  scheduler: true,
  drawing: true,
  guidance: true,
  steps: true,
  members: true,
  seed: true,
  preparation: true,
  method: true,
  fuse: true,
};

/**
 * Segments scans, slice by slice or patch by patch as their preparation cuts them, and yields each with its
 * segmentation, in order. Places of several scans are drawn together; the noise of a place depends on the seed and its
 * name alone.
 *
 * Grey images are segmented by a run on colour photographs, and colour images that are grey by a run on grey ones.
 * Throws RunError for other channels, and RangeError for what `prepareScan` refuses, unless `onFailure` is told.
 */
export async function* segmentScans<T extends NamedScan>(
  model: RunModel,
  scans: Iterable<T> | AsyncIterable<T>,
  options: SegmentScansOptions,
): AsyncGenerator<{ scan: T; segmentation: ScanSegmentation }> {
  requireOptions('segmentScans', options, segmentScansOptionNames);
  if (options.fuse !== undefined) requireOneOf('segmentScans: fuse', options.fuse, FUSIONS);
  const perBatch = placesAtOnce(options, options.sampler?.threads);
  const open: OpenScan<T>[] = [];
  let pending: PendingPlace<T>[] = [];
  const finished = function* (): Generator<{ scan: T; segmentation: ScanSegmentation }> {
    while (open[0] !== undefined && open[0].left === 0) {
      const { scan, maps } = open.shift()!;
      yield {
        scan,
        segmentation: {
          ...readMaps(maps, model.network.maskChannels),
          ...readMembers(maps, scan, model, options),
          method: options.method,
        },
      };
    }
  };
  for await (const scan of scans) {
    const prepared = prepare(model, scan, options);
    if (!prepared) continue;
    const maps = createMaps(prepared, model, needsMembers(scan, options) ? options.members : 0);
    const entry: OpenScan<T> = { scan, prepared, left: prepared.places.length, maps };
    open.push(entry);
    options.onPlace?.(scan.id, 0, entry.left);
    for (const place of prepared.places) {
      pending.push({ entry, place });
      if (pending.length < perBatch) continue;
      await samplePending(model, pending, options);
      pending = [];
      yield* finished();
    }
  }
  if (pending.length > 0) await samplePending(model, pending, options);
  yield* finished();
}

/** How many places are drawn at once. */
export function placesAtOnce(ensemble: Pick<EnsembleOptions, 'members' | 'preparation'>, threads = 1): number {
  requireObject('placesAtOnce: ensemble', ensemble, ['members', 'preparation']);
  const { members, preparation } = ensemble;
  return Math.max(1, Math.floor((threads * samplesAtOnce(preparation.imageSize)) / members));
}

/** Segments one scan. */
export async function segmentScan(
  model: RunModel,
  scan: NamedScan,
  options: SegmentScansOptions,
): Promise<ScanSegmentation> {
  requireOptions('segmentScan', options, segmentScansOptionNames);
  for await (const { segmentation } of segmentScans(model, [scan], options)) return segmentation;
  throw new Error('segmentScan: a scan has at least one place');
}

const watchPlaceOptionNames: OptionNames<NonNullable<Parameters<typeof watchPlace>[3]>> = {
  scheduler: true,
  drawing: true,
  guidance: true,
  steps: true,
  members: true,
  seed: true,
  preparation: true,
  method: true,
  fuse: true,
  onStep: true,
};

/** Segments one place of a scan and tells of each step, on the network's grid. */
export async function watchPlace(
  model: RunModel,
  namedScan: NamedScan,
  place: number,
  options: EnsembleOptions & Pick<SamplingOptions, 'onStep'>,
): Promise<void> {
  requireObject('watchPlace: model', model, ['network', 'process', 'activation']);
  requireObject('watchPlace: namedScan', namedScan, ['id', 'scan']);
  const { id, scan } = namedScan;
  requireOptions('watchPlace', options, watchPlaceOptionNames);
  const { imageChannels } = model.network;
  const prepared = prepareScan(
    matchChannels(id, scan, imageChannels, options.preparation).scan,
    unsigned(options.preparation),
  );
  await samplePlaces(model, [placeInput(prepared, prepared.places[place]!, id, options)], options);
}

/** What the scan is cut and normalised by; `finishIntensities` does the rest. */
function unsigned({ signed: _, ...rest }: Preparation): PrepareOptions {
  return rest;
}

interface OpenScan<T> {
  readonly scan: T;
  readonly prepared: PreparedScan;
  /** Places that are not yet drawn. */
  left: number;
  readonly maps: Maps;
}

interface PendingPlace<T> {
  readonly entry: OpenScan<T>;
  readonly place: Place;
}

interface Maps {
  readonly probability: Assembler;
  readonly uncertainty: Assembler;
  /** Made with the first place that has one. */
  anchor?: Assembler;
  /** One per step, made with the first place that has them. */
  emerging?: Assembler[];
  /** Absent where no member is needed once the ensemble is whole. */
  members?: MemberMasks;
}

function createMaps({ grid }: PreparedScan, { network: { maskChannels: classes } }: RunModel, members: number): Maps {
  return {
    probability: createAssembler(grid, classes),
    uncertainty: createAssembler(grid, 1),
    ...(members > 0 && { members: createMemberMasks(grid, { members, classes }) }),
  };
}

/** Whether the members of a scan are needed once the ensemble is whole: to be fused, or by whoever asked. */
function needsMembers({ keepMembers = false }: NamedScan, { method, fuse = 'mean' }: EnsembleOptions): boolean {
  return method !== 'anchor' && (fuse !== 'mean' || keepMembers);
}

/** The masks that the members become, and those of each where the scan asked for them. */
function readMembers(
  { members: drawn }: Maps,
  { keepMembers = false }: NamedScan,
  { activation }: RunModel,
  { fuse = 'mean' }: EnsembleOptions,
): Pick<ScanSegmentation, 'masks' | 'members'> {
  if (!drawn) return {};
  const members = drawn.masks();
  return {
    ...(fuse !== 'mean' && { masks: fuseMembers(members, fuse, { exclusive: activation === 'softmax' }) }),
    ...(keepMembers && { members }),
  };
}

function readMaps({ probability, uncertainty, anchor, emerging }: Maps, classes: number): ScanSegmentation {
  return {
    classes,
    probability: probability.values(),
    uncertainty: uncertainty.values(),
    anchor: anchor?.values(),
    ...(emerging && { emerging: emerging.map((map) => map.values()) }),
  };
}

/** Makes a scan ready for the network; undefined for one that cannot be, and that `onFailure` is told of. */
function prepare(
  { network }: RunModel,
  { id, scan }: NamedScan,
  { preparation, onRemark, onFailure }: SegmentScansOptions,
): PreparedScan | undefined {
  try {
    const matched = matchChannels(id, scan, network.imageChannels, preparation);
    const prepared = prepareScan(matched.scan, unsigned(preparation));
    if (matched.remark !== undefined) onRemark?.(id, matched.remark);
    return prepared;
  } catch (error) {
    if (!onFailure || !(error instanceof RunError || error instanceof RangeError)) throw error;
    onFailure(id, error);
    return undefined;
  }
}

function placeInput(
  prepared: PreparedScan,
  place: Place,
  id: string,
  { preparation }: Pick<EnsembleOptions, 'preparation'>,
): PlaceInput {
  return { name: prepared.nameOf(place, id), values: finishIntensities(prepared.at(place).data, preparation) };
}

async function samplePending<T extends NamedScan>(
  model: RunModel,
  places: readonly PendingPlace<T>[],
  options: SegmentScansOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  const inputs = places.map(({ entry, place }) => placeInput(entry.prepared, place, entry.scan.id, options));
  const keepMembers = places.some(({ entry }) => entry.maps.members !== undefined);
  const drawing = { ...pickOptions<SamplePlacesOptions>(options, samplePlacesOptionNames), keepMembers };
  const segmentations = await (options.sampler?.sample(inputs, { ...options, keepMembers }) ??
    samplePlaces(model, inputs, drawing));
  for (const [i, { entry, place }] of places.entries()) {
    const { maps, prepared } = entry;
    const { probability, uncertainty, anchor, members, emerging } = segmentations[i]!;
    const size = segmentations[i]!.size as [height: number, width: number];
    maps.probability.add(place, probability, size);
    maps.uncertainty.add(place, uncertainty, size);
    maps.members?.add(place, members!, size);
    if (anchor && options.anchor) {
      maps.anchor ??= createAssembler(prepared.grid, model.network.maskChannels);
      maps.anchor.add(place, anchor, size);
    }
    if (emerging) {
      maps.emerging ??= emerging.map(() => createAssembler(prepared.grid, model.network.maskChannels));
      emerging.forEach((map, step) => void maps.emerging![step]!.add(place, map, size));
    }
    entry.left--;
    options.onPlace?.(entry.scan.id, prepared.places.length - entry.left, prepared.places.length);
  }
}

import { requireObject, requireText } from '@medseg/arguments';
import { isVolume, measuredChannels, type Scan } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import { RunError } from '../errors.ts';
import type { Preparation } from '../run/preparation.ts';

/** A scan with the channels that a network takes, and what was done to it. */
export interface MatchedScan {
  /** The scan with as many channels as the network takes. */
  readonly scan: Scan;
  /** What was done to it; absent where nothing was. */
  readonly remark?: string;
}

/** What is said of scans whose channels are changed. */
const REMARKS = {
  colours: 'grey was repeated as red, green and blue',
  grey: 'equal red, green and blue were taken as grey',
};

/**
 * How the channels of a file would have to change for a network: into `colours` where a run on photographs of three
 * channels is given grey, into `grey` where one on grey images is given three. Undefined where they are right already or
 * cannot be made right.
 *
 * @example channelChange(1, 3, { imageSize: [64, 64], normalization: 'photo' })?.to // 'colours'
 */
export function channelChange(
  channels: number,
  wanted: number,
  preparation: Preparation,
): { readonly to: 'colours' | 'grey'; readonly remark: string } | undefined {
  if (wanted === 3 && channels === 1 && isPhoto(preparation)) return { to: 'colours', remark: REMARKS.colours };
  if (wanted === 1 && channels === 3) return { to: 'grey', remark: REMARKS.grey };
  return undefined;
}

/** The channels that a file must have for a network that takes neighbouring slices of volumes as channels. */
export function channelsOfFile(imageChannels: number, isVolume: boolean, preparation: Preparation): number {
  requireObject('channelsOfFile: preparation', preparation, ['imageSize']);
  const { view } = preparation;
  return isVolume ? imageChannels / (2 * (view?.neighbours ?? 0) + 1) : imageChannels;
}

/**
 * Gives a scan the channels that a network takes, where that is sure. A run on photographs of three channels is of
 * colours: grey is repeated in each. Colours whose channels are equal in every pixel are grey.
 *
 * Throws RunError that names `id` for any other number of channels.
 *
 * @example
 * const preparation: Preparation = { imageSize: [64, 64], normalization: 'photo' };
 * const { scan, remark } = matchChannels('a', await decodeScan(image.bytes, image.name), 3, preparation)
 */
export function matchChannels(id: string, scan: Scan, imageChannels: number, preparation: Preparation): MatchedScan {
  requireText('matchChannels: id', id);
  requireObject('matchChannels: scan', scan, ['channels', 'data']);
  requireObject('matchChannels: preparation', preparation, ['imageSize']);
  const wanted = channelsOfFile(imageChannels, isVolume(scan), preparation);
  const got = measuredChannels(scan);
  if (got === wanted) return { scan };
  const change = channelChange(got, wanted, preparation);
  if (!change) {
    const slices = imageChannels / wanted;
    throw new RunError(
      `${id}: the run was trained on images of ${plural(imageChannels, 'channels')}, got ${got * slices}`,
    );
  }
  if (change.to === 'grey' && !isGrey(scan))
    throw new RunError(`${id}: the run was trained on grey images, got 3 channels that differ`);
  return { scan: fromFirst(scan, wanted), remark: change.remark };
}

function isPhoto({ normalization }: Preparation): boolean {
  return (typeof normalization === 'string' ? normalization : normalization?.mode) === 'photo';
}

function isGrey({ data, channels }: Scan): boolean {
  for (let i = 0; i < data.length; i += channels) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (!Object.is(r, g) || !Object.is(g, b)) return false;
  }
  return true;
}

/** The scan with so many channels that are its first one; opacity is dropped. */
function fromFirst(scan: Scan, channels: number): Scan {
  const pixels = scan.data.length / scan.channels;
  const data = new (scan.data.constructor as new (length: number) => Scan['data'])(pixels * channels);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < channels; c++) data[i * channels + c] = scan.data[i * scan.channels]!;
  if (isVolume(scan)) return { ...scan, channels, data };
  const { alpha: _, ...image } = scan;
  return { ...image, channels, data } as Scan;
}

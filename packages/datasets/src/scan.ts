import { requireObject } from '@medseg/arguments';
import type { Image, Volume } from '@medseg/image-io';

/** What was read from a file: an image, or a volume that knows where it lies. */
export type Scan = Image | Volume;

/** Whether a scan is a volume and not an image. */
export function isVolume(scan: Scan): scan is Volume {
  requireObject('isVolume: scan', scan, ['channels', 'data']);
  return 'size' in scan;
}

/** Channels that are measurements: all but opacity. */
export function measuredChannels(scan: Scan): number {
  requireObject('measuredChannels: scan', scan, ['channels', 'data']);
  return !isVolume(scan) && scan.alpha && scan.channels > 1 ? scan.channels - 1 : scan.channels;
}

/** The largest possible sample, for scaling to 0..1: 255 for 8 bits, 65535 for 16, 1 for floats. */
export function whiteOf(scan: Scan): number {
  if (scan.data instanceof Uint8Array) return 255;
  return scan.data instanceof Uint16Array ? 65535 : 1;
}

/** `640x480`, `512x512x90`. */
export function sizeText(scan: Scan): string {
  return isVolume(scan) ? scan.size.join('x') : `${scan.width}x${scan.height}`;
}

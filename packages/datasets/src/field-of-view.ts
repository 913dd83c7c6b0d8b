import { type OptionNames, requireOptions } from '@medseg/arguments';
import { FormatError } from '@medseg/image-io';
import type { DataRemark } from './case.ts';
import { countNotFinite, intensityProblem } from './not-finite.ts';
import { isVolume, measuredChannels, type Scan } from './scan.ts';

const remark = {
  voxels: 'NaN voxels are taken as outside the field of view: 0 after normalisation',
  pixels: 'NaN pixels are taken as outside the field of view: 0 after normalisation',
};

const acceptScanOptionNames: OptionNames<NonNullable<Parameters<typeof acceptScan>[2]>> = {
  kind: true,
  onRemark: true,
};

/**
 * Checks the intensities of a scan that was read from `file`, and passes on what it says of itself: NaN means outside
 * the field of view, and gets a remark. The values of a mask are not looked at.
 *
 * Throws FormatError naming `file` for infinities and for a channel that has no number.
 */
export function acceptScan(
  scan: Scan,
  file: string,
  options: {
    /** What the scan is; the values of a mask are not looked at. Default 'image'. */
    kind?: 'image' | 'mask' | undefined;
    /** Called with what the user should know about the scan. Default: remarks are passed over. */
    onRemark?: ((remark: DataRemark) => void) | undefined;
  },
): void {
  requireOptions('acceptScan', options, acceptScanOptionNames);
  const { kind = 'image', onRemark } = options;
  for (const text of scan.remarks ?? []) onRemark?.({ file, text });
  if (kind === 'mask') return; // its values are labels, and what is none is named as such
  const pixels = scan.data.length / scan.channels;
  const found = countNotFinite(scan.data, measuredChannels(scan), scan.channels);
  const noun = isVolume(scan) ? 'voxels' : 'pixels';
  const rule = intensityProblem(found, pixels, noun);
  if (rule !== undefined) throw new FormatError(rule, { file });
  if (found.nan > 0) onRemark?.({ file, text: remark[noun], detail: `${found.nan} of ${pixels}` });
}

import { type OptionNames, requireBytes, requireOptions } from '@medseg/arguments';
import { decodeImage, decodeVolume, FormatError, sniffVolume } from '@medseg/image-io';
import type { DataRemark } from '../case.ts';
import { acceptScan } from '../field-of-view.ts';
import type { Scan } from '../scan.ts';

/** Options of reading an image or a volume. */
export interface ReadScanOptions {
  /** Largest decoded file in bytes; 1 GiB unless given. */
  maxFileBytes?: number;
  /**
   * Which DICOM series to read from a folder of several: its UID, description or modality, or a part of the
   * description. Default: a folder must hold one.
   */
  series?: string;
  /** What is read; NaN in a mask is not outside the field of view, and is told by who reads the mask. Default 'image'. */
  kind?: 'image' | 'mask';
  /** Called with what the user should know about a file that can be read. Default: remarks are passed over. */
  onRemark?: (remark: DataRemark) => void;
}

export const readScanOptionNames: OptionNames<ReadScanOptions> = {
  maxFileBytes: true,
  series: true,
  kind: true,
  onRemark: true,
};

/** A CT of 512x512x2000 passes. */
export const defaultMaxFileBytes: number = 2 ** 30;

/**
 * Decodes the bytes of one file into an image or a volume, whichever its content is; `name` is for error messages and
 * tells apart formats that begin alike.
 *
 * NaN means outside the field of view: it is kept, and remarked on.
 *
 * Throws FormatError for broken files, for infinite intensities, for a channel that is all NaN, and for files that decode
 * to more than `maxFileBytes`.
 *
 * @example const scan = await decodeScan(new Uint8Array(await file.arrayBuffer()), file.name)
 */
export async function decodeScan(bytes: Uint8Array, name: string, options: ReadScanOptions = {}): Promise<Scan> {
  requireBytes('decodeScan', bytes);
  requireOptions('decodeScan', options, readScanOptionNames);
  const { maxFileBytes: maxBytes = defaultMaxFileBytes, kind, onRemark } = options;
  const scan = await namingLimit<Scan>(() =>
    sniffVolume(bytes, name) ? decodeVolume(bytes, name, { maxBytes }) : decodeImage(bytes, name, { maxBytes }),
  );
  acceptScan(scan, name, { kind, onRemark });
  return scan;
}

/** Runs a decoder; an error about its limit `maxBytes` names ours instead. */
export async function namingLimit<T>(decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    if (!(error instanceof FormatError) || !/\bmaxBytes\b/.test(error.rule)) throw error;
    const { file, offset } = error;
    throw new FormatError(error.rule.replace(/\bmaxBytes\b/, 'maxFileBytes'), { file, offset, cause: error });
  }
}

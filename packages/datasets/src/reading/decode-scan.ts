import { decodeImage, decodeVolume, sniffVolume } from '@medseg/image-io';
import type { DataRemark } from '../case.ts';
import type { Scan } from '../scan.ts';

export interface ReadScanOptions {
  /** Largest decoded file in bytes; 1 GiB unless given. */
  maxFileBytes?: number;
  /** Which DICOM series to read from a folder of several: its UID, description or modality, or a part of the description. */
  series?: string;
  /** Called with what the user should know about a file that can be read. */
  onRemark?: (remark: DataRemark) => void;
}

/** A CT of 512x512x2000 passes. */
export const defaultMaxFileBytes: number = 2 ** 30;

/**
 * Decodes the bytes of one file into an image or a volume, whichever its content is; `name` is for error messages and
 * tells apart formats that begin alike.
 *
 * Throws FormatError for broken files and for those that decode to more than `maxFileBytes`.
 *
 * @example const scan = await decodeScan(new Uint8Array(await file.arrayBuffer()), file.name)
 */
export async function decodeScan(
  bytes: Uint8Array,
  name: string,
  { maxFileBytes: maxBytes = defaultMaxFileBytes, onRemark }: ReadScanOptions = {},
): Promise<Scan> {
  const scan = sniffVolume(bytes, name)
    ? await decodeVolume(bytes, name, { maxBytes })
    : await decodeImage(bytes, name, { maxBytes });
  passRemarks(scan, name, onRemark);
  return scan;
}

/** Passes on what a scan says of its file. */
export function passRemarks({ remarks = [] }: Scan, file: string, onRemark: ReadScanOptions['onRemark']): void {
  for (const text of remarks) onRemark?.({ file, text });
}

import { requireText } from '@medseg/arguments';
import { acceptScan, type DataRemark, decodeScan, isVolume, type Scan, stackChannels } from '@medseg/datasets';
import { type DicomPart, decodeDicomSeries, sniffVolume } from '@medseg/image-io';
import { RunError } from '../errors.ts';
import type { NamedBytes } from '../evaluation/decode-truth.ts';

/** A file of a scan: its name and bytes, or a page's own `File`. */
export type ScanFile = NamedBytes | File;

/** A scan that is decoded, or its file; several files are a DICOM series, or the channels of one scan. */
export type ScanInput = Scan | ScanFile | readonly ScanFile[];

/** A scan with the name of its noise and its results. */
export interface ReadInput {
  readonly name: string;
  /** How messages name it. */
  readonly file: string;
  readonly scan: Scan;
  /** The DICOM files that its mask can refer to. */
  readonly dicom?: readonly DicomPart[];
}

export interface ReadInputOptions {
  readonly name?: string;
  readonly series?: string;
  readonly maxFileBytes?: number;
  onRemark(remark: DataRemark): void;
}

/**
 * The name that results of a file have: `brain` of `scans/brain.nii.gz`. A file whose last part is a number keeps it.
 *
 * @example resultName('scans/brain.nii.gz') // 'brain'
 */
export function resultName(file: string): string {
  requireText('resultName: file', file);
  const name = file.split(/[\\/]/).at(-1)!;
  return name.replace(/\.gz$/i, '').replace(/(?<=.)\.[^.]*[a-z][^.]*$/i, '');
}

/** Reads a scan. Throws what `decodeScan`, `decodeDicomSeries` and `stackChannels` throw, and RunError for no file. */
export async function readInput(input: ScanInput, options: ReadInputOptions): Promise<ReadInput> {
  if (isScan(input)) {
    const { name = 'scan', onRemark } = options;
    acceptScan(input, name, { onRemark });
    return { name, file: name, scan: input };
  }
  const files = await Promise.all((Array.isArray(input) ? input : [input]).map(namedBytes));
  const [first] = files;
  if (first === undefined) throw new RunError('segment: give a file of the scan, got none');
  const { name = resultName(first.name), series, maxFileBytes, onRemark } = options;
  const named = { name, file: first.name };
  const isDicom = files.every((file) => sniffVolume(file.bytes, file.name) === 'DICOM');
  if (isDicom && (files.length > 1 || series !== undefined)) {
    const limits = { ...(maxFileBytes !== undefined && { maxBytes: maxFileBytes }), ...(series && { series }) };
    const scan = await decodeDicomSeries(files, limits);
    acceptScan(scan, first.name, { onRemark });
    return { ...named, scan, dicom: files };
  }
  const scans: Scan[] = [];
  for (const { bytes, name: file } of files)
    scans.push(
      await decodeScan(bytes, file, {
        onRemark,
        ...(maxFileBytes !== undefined && { maxFileBytes }),
        ...(series && { series }),
      }),
    );
  const scan = stackChannels(
    scans,
    files.map((file) => file.name),
  );
  return { ...named, scan, ...(isDicom && isVolume(scan) && { dicom: files }) };
}

function isScan(input: ScanInput): input is Scan {
  return typeof input === 'object' && input !== null && 'data' in input && 'channels' in input;
}

async function namedBytes(file: unknown): Promise<NamedBytes> {
  if (file instanceof File) return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
  const { name, bytes } = (file ?? {}) as Partial<NamedBytes>;
  if (typeof name === 'string' && bytes instanceof Uint8Array) return { name, bytes };
  throw new RunError('segment: a scan must be a decoded one, { name, bytes } or a File, or a list of such files');
}

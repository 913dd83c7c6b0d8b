import { type DataRemark, isVolume, measureScan } from '@medseg/datasets';
import { readScan } from '@medseg/datasets/node';
import { readDicomParts } from '@medseg/image-io/node';
import {
  acceptsSegmentation,
  checkImageLabels,
  compareWithTraining,
  type NamedScan,
  type Run,
  RunError,
} from '@medseg/pipeline';
import { formatOf } from './find-inputs.ts';
import type { NamedInput } from './name-inputs.ts';

/** A scan that is ready to be segmented. */
export interface LoadedInput extends NamedInput, NamedScan {
  /** The DICOM series that its segmentation is to refer to. */
  readonly dicom?: string;
}

interface LoadOptions {
  readonly run: Run;
  readonly series?: string | undefined;
  /** Whether scans are taken that differ too much from the training data. */
  readonly force: boolean;
  /** Largest decoded file in bytes. */
  readonly maxFileBytes?: number;
  onRemark(remark: DataRemark): void;
}

/**
 * Reads an input, and asks before any computing whether its mask can be written: of DICOM that no SEG can refer to, it
 * will be NIfTI, with a remark. Throws what `readScan` throws, and RunError for a scan that differs too much from the
 * training data.
 */
export async function loadInput(
  input: NamedInput,
  { run, series, force, maxFileBytes, onRemark }: LoadOptions,
): Promise<LoadedInput> {
  const { files, file, name } = input;
  const scan = await readScan(files, {
    onRemark,
    ...(series !== undefined && { series }),
    ...(maxFileBytes !== undefined && { maxFileBytes }),
  });
  const { remarks, refusal } = compareWithTraining(run, measureScan(scan), { file, force });
  if (refusal !== undefined) throw new RunError(`${refusal}; --force segments it all the same`);
  for (const remark of remarks) onRemark(remark);
  const loaded = { ...input, id: name, scan };
  if (!isVolume(scan)) checkImageLabels(run.info.classes);
  const isDicom = files.length === 1 && isVolume(scan) && (input.isFolder || (await formatOf(file)) === 'DICOM');
  if (!isDicom) return loaded;
  const options = { series, onRemark: (text: string): void => onRemark({ file, text }) };
  const isAccepted = acceptsSegmentation(await readDicomParts(file), run.info.classes, options);
  return isAccepted ? { ...loaded, dicom: file } : loaded;
}

import { type DataRemark, isVolume, measureScan } from '@medseg/datasets';
import { readScan } from '@medseg/datasets/node';
import { checkSegmentationSource } from '@medseg/image-io';
import { readDicomParts } from '@medseg/image-io/node';
import { describeSegments, type NamedScan, type Run, RunError } from '@medseg/pipeline';
import { compareWithTraining } from '../run/compare-data.ts';
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
  const isDicom = files.length === 1 && isVolume(scan) && (input.isFolder || (await formatOf(file)) === 'DICOM');
  if (!isDicom) return loaded;
  const { segments, renamed } = describeSegments(run.info.classes);
  try {
    const options = series === undefined ? {} : { series };
    for (const text of checkSegmentationSource(await readDicomParts(file), segments, options)) onRemark({ file, text });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const rule = error.message.replace(/^\w+: /, '');
    onRemark({ file, text: `its mask is written as NIfTI, not as DICOM SEG: ${rule}` });
    return loaded;
  }
  for (const { name: long, label } of renamed)
    onRemark({ file, text: `the class "${long}" is called "${label}" in DICOM, and whole in its description` });
  return { ...loaded, dicom: file };
}

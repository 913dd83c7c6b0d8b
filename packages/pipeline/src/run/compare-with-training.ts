import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { DataRemark, ScanFacts } from '@medseg/datasets';
import { compareScan } from './compare-scan.ts';
import type { Run } from './run.ts';

/** Why scans are not compared with the training data; undefined where they are. */
export function noRangesRemark(run: Run): string | undefined {
  requireObject('noRangesRemark: run', run, ['info', 'store']);
  if (run.trainingData) return undefined;
  const why = run.info.kind === 'trained' ? 'was trained by an earlier version' : 'was imported';
  return `${run.name}: ${why} and keeps no ranges of its training data; scans are not compared with them`;
}

const compareWithTrainingOptionNames: OptionNames<NonNullable<Parameters<typeof compareWithTraining>[2]>> = {
  file: true,
  force: true,
};

/**
 * What is refused and what is remarked on of a scan, compared with the training data of a run; with `force` nothing is
 * refused.
 *
 * @example
 * const facts = measureScan(await decodeScan(image.bytes, image.name));
 * const { refusal, remarks } = compareWithTraining(run, facts, { file: image.name });
 */
export function compareWithTraining(
  run: Run,
  facts: ScanFacts,
  options: {
    /** What the remarks name. */
    readonly file: string;
    /** Whether nothing is refused. Default false. */
    readonly force?: boolean;
  },
): { remarks: DataRemark[]; refusal?: string } {
  requireOptions('compareWithTraining', options, compareWithTrainingOptionNames);
  const { file, force = false } = options;
  const findings = compareScan(facts, run.trainingData, run.info.preparation);
  const refused = force ? undefined : findings.find(({ isRefused }) => isRefused);
  if (refused) return { remarks: [], refusal: `${refused.text}: ${refused.detail}` };
  return { remarks: findings.map(({ text, detail }) => ({ file, text, detail })) };
}

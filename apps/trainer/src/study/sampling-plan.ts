import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { EnsembleOptions, Run, SplitName } from '@medseg/pipeline';
import { firstDifference } from '../run/first-difference.ts';
import { UserError } from '../terminal/user-error.ts';
import { PLAN_FILE } from './plan.ts';

/** The version of what `study.json` holds of a study of sampling. */
const FORMAT = 'medseg-sampling-study-1';

/** What a study of sampling draws: ensembles of each size with each number of steps, of one run on the same images. */
export interface SamplingPlan {
  readonly format: typeof FORMAT;
  /** The run's folder, relative to that of the study, and a hash of its weights. */
  readonly run: string;
  readonly model: string;
  /** Folder of the data, relative to that of the study. */
  readonly data: string;
  readonly split: SplitName;
  readonly images: number;
  readonly scheduler: EnsembleOptions['scheduler'];
  readonly seed: number;
  readonly steps: readonly number[];
  readonly members: readonly number[];
}

/** One ensemble of a study of sampling. */
export interface SamplingCell {
  readonly steps: number;
  readonly members: number;
}

/** The ensembles of a study: the cheapest first. */
export function samplingCells({ steps, members }: Pick<SamplingPlan, 'steps' | 'members'>): SamplingCell[] {
  return steps.flatMap((count) => members.map((size) => ({ steps: count, members: size })));
}

/** The plan of a study of a run; folders become relative to that of the study. */
export async function makeSamplingPlan(
  run: Run,
  folder: string,
  { data, ...rest }: Omit<SamplingPlan, 'format' | 'run' | 'model'>,
): Promise<SamplingPlan> {
  const from = (path: string): string => relative(resolve(folder), resolve(path)).replaceAll('\\', '/') || '.';
  const model = createHash('sha256')
    .update(await run.readModel())
    .digest('hex');
  return { format: FORMAT, run: from(run.name), model, data: from(data), ...rest };
}

/** Throws UserError that names what differs where a study that is there has another plan, or none. */
export function requireSamePlan(folder: string, asked: SamplingPlan): void {
  const file = join(folder, PLAN_FILE);
  let plan: unknown;
  try {
    plan = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      code === 'ENOENT' ? `${folder}: not a study: it has no ${PLAN_FILE}` : `${file}: ${code ?? 'not valid JSON'}`,
    );
  }
  if ((plan as { format?: unknown } | null)?.format !== FORMAT)
    throw new UserError(`${file}: not the plan of a study of sampling: format must be ${FORMAT}`);
  const changed = firstDifference(plan, asked, '');
  if (changed !== undefined)
    throw new UserError(
      `--resume: the plan of ${folder} cannot be changed: ${changed} is another; begin another study`,
      2,
    );
}

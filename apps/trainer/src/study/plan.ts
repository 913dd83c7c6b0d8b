import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import type { ConfigInput, RunConfig } from '@medseg/pipeline';
import { resolveHere } from '../run/config-file.ts';
import { UserError } from '../terminal/user-error.ts';
import { MOST_TRAININGS, type StudySetting, withSetting } from './settings.ts';

/** The version of what `study.json` holds. */
const FORMAT = 'medseg-study-1';
/** The file of a study's folder that keeps its plan. */
export const PLAN_FILE = 'study.json';

/** What a study trains: every setting with every seed on every fold. */
export interface StudyPlan {
  readonly format: typeof FORMAT;
  /** What all have in common, as it was given; the folder of the data is relative to that of the study. */
  readonly config: ConfigInput;
  readonly settings: readonly StudySetting[];
  readonly seeds: readonly number[];
  /** Folds of a cross-validation; without them each training has the same split. */
  readonly folds?: number;
}

/** One training of a study. */
export interface StudyCell {
  /** Its folder, in that of the study. */
  readonly folder: string;
  /** Number of its setting, from 0. */
  readonly setting: number;
  readonly seed: number;
  readonly fold?: number;
}

/** A plan in which the folder of the data is relative to that of the study. */
export function makePlan(
  config: ConfigInput,
  { settings, seeds, folds }: Pick<StudyPlan, 'settings' | 'seeds'> & { readonly folds?: number | undefined },
  folder: string,
): StudyPlan {
  const trainings = settings.length * seeds.length * (folds ?? 1);
  if (trainings > MOST_TRAININGS)
    throw new UserError(`study: must have at most ${MOST_TRAININGS} trainings, got ${trainings}`, 2);
  const data = config.data as ConfigInput & { dir: string };
  const dir = relative(resolve(folder), resolve(data.dir)).replaceAll('\\', '/') || '.';
  return { format: FORMAT, config: { ...config, data: { ...data, dir } }, settings, seeds, ...(folds && { folds }) };
}

/** The trainings of a plan: each seed and fold with all its settings, so that what is done can be compared early. */
export function cellsOf({ settings, seeds, folds }: StudyPlan): StudyCell[] {
  const parts = folds === undefined ? [undefined] : Array.from({ length: folds }, (_, k) => k);
  const digits = String(settings.length).length;
  return seeds.flatMap((seed) =>
    parts.flatMap((fold) =>
      settings.map(({ name }, setting) => ({
        folder: [
          `${String(setting + 1).padStart(digits, '0')}-${slug(name)}`,
          `seed-${seed}`,
          ...(fold === undefined ? [] : [`fold-${fold}`]),
        ].join('_'),
        setting,
        seed,
        ...(fold !== undefined && { fold }),
      })),
    ),
  );
}

/** The configuration of a training. Throws ConfigError, and UserError that names the setting. */
export function configOf(
  plan: StudyPlan,
  { setting, seed, fold }: Omit<StudyCell, 'folder'>,
  folder: string,
): RunConfig {
  const { config, seeds, folds } = plan;
  const data = config.data as ConfigInput & { dir: string };
  return resolveHere({
    ...withSetting(
      {
        ...config,
        data: {
          ...data,
          dir: resolve(folder, data.dir),
          // Seeds change the weights, the batches and the noise, and not who is scored.
          splitSeed: data.splitSeed ?? seeds[0]!,
          ...(fold !== undefined && { folds, fold }),
        },
      },
      plan.settings[setting]!,
    ),
    seed,
  });
}

/** Reads the plan of a study. Throws UserError where there is none, or another kind of file. */
export function readPlan(folder: string): StudyPlan {
  const file = join(folder, PLAN_FILE);
  let plan: Partial<StudyPlan> | null;
  try {
    plan = JSON.parse(readFileSync(file, 'utf8')) as Partial<StudyPlan> | null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      code === 'ENOENT' ? `${folder}: not a study: it has no ${PLAN_FILE}` : `${file}: ${code ?? 'not valid JSON'}`,
    );
  }
  const isPlan =
    plan?.format === FORMAT &&
    isMapping(plan.config) &&
    isMapping(plan.config.data) &&
    typeof plan.config.data.dir === 'string' &&
    Array.isArray(plan.settings) &&
    plan.settings.every(
      (each: unknown) => isMapping(each) && typeof each.name === 'string' && isMapping(each.values),
    ) &&
    Array.isArray(plan.seeds) &&
    plan.seeds.length > 0 &&
    plan.seeds.every((seed: unknown) => Number.isSafeInteger(seed) && (seed as number) >= 0) &&
    (plan.folds === undefined || (Number.isSafeInteger(plan.folds) && plan.folds > 1));
  const cells = (plan?.settings?.length ?? 0) * (plan?.seeds?.length ?? 0) * (plan?.folds ?? 1);
  if (!isPlan || cells < 1 || cells > MOST_TRAININGS)
    throw new UserError(`${file}: not the plan of a study of this program: format must be ${FORMAT}, with its fields`);
  return plan as StudyPlan;
}

/** Writes the plan of a study. */
export async function writePlan(folder: string, plan: StudyPlan): Promise<void> {
  await writeFileAtomic(join(folder, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name as part of a folder's name on every system. */
function slug(name: string): string {
  return (
    name
      .replaceAll(/[^\w.=+-]+/g, '-')
      .slice(0, 60)
      .replaceAll(/^[-.]+|[-.]+$/g, '') || 'setting'
  );
}

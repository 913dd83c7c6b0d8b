import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigInput } from '@medseg/pipeline';
import { readYamlFile } from '../run/config-file.ts';
import { firstDifference } from '../run/first-difference.ts';
import { assertFree } from '../run/folder.ts';
import { withRunLock } from '../run/lock.ts';
import { makePlan, PLAN_FILE, readPlan, type StudyPlan, writePlan } from '../study/plan.ts';
import { reportStudy } from '../study/report-study.ts';
import { gridOf, listedSettings, product, type StudySetting } from '../study/settings.ts';
import { checkCells, trainCells } from '../study/train-cells.ts';
import { backendArguments } from '../terminal/backend.ts';
import { InterruptedError, onInterrupt } from '../terminal/interrupt.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs } from '../terminal/output-files.ts';
import { commandWords, shellCommand } from '../terminal/shell-command.ts';
import { UserError, withHint } from '../terminal/user-error.ts';
import { inputOf, type TrainCommandOptions, withLayout } from './train.ts';

export interface StudyOptions extends TrainCommandOptions {
  readonly vary?: readonly string[];
  readonly settings?: string;
  readonly seeds?: readonly number[];
  readonly folds?: number;
  readonly json?: string;
  readonly force?: boolean;
}

/** `medseg study`: trains every setting with every seed on every fold, and compares the settings with the first one. */
export async function studyTrainings(options: StudyOptions): Promise<void> {
  const { out, json, tensorboard, force } = options;
  if (json !== undefined) checkOutputs([{ option: '--json', path: json }], { inputs: [join(out, PLAN_FILE)], force });
  if (existsSync(join(out, PLAN_FILE)) && !options.resume)
    throw new UserError(`${out}: holds a study already; resume it with --resume, or choose another --out`);
  const plan = options.resume ? resumedPlan(options) : await newPlan(options);
  checkCells(plan, out);
  if (!options.resume) assertFree(out);
  await withRunLock(out, async () => {
    if (!options.resume) await writePlan(out, plan);
    if (await trainWhatIsLeft(plan, out, tensorboard)) await reportStudy(plan, out, json);
  });
}

async function trainWhatIsLeft(plan: StudyPlan, out: string, tensorboard: boolean | undefined): Promise<boolean> {
  const resume = shellCommand([...commandWords(), 'study', '--resume', '--out', out, ...backendArguments()]);
  const hint = `resume the study with: ${resume}`;
  const { signal, release } = onInterrupt({ saved: { file: join(out, PLAN_FILE), hint } });
  try {
    if (await trainCells(plan, out, { signal, tensorboard })) return true;
    output.result(hint);
    process.exitCode = 130;
    return false;
  } catch (error) {
    throw error instanceof InterruptedError || !(error instanceof UserError) ? withHint(error, hint) : error;
  } finally {
    release();
  }
}

/** The plan that the options ask for. */
async function newPlan(options: StudyOptions): Promise<StudyPlan> {
  const config = await withLayout(inputOf(options, {}, { command: 'study' }));
  const settings = settingsOf(options) ?? [];
  const { seeds = [seedOf(config)], folds, out } = options;
  const own = settings.length > 0 ? settings : [{ name: 'as configured', values: {} }];
  if (own.length * seeds.length * (folds ?? 1) === 1)
    throw new UserError('study: has one training only; give --vary, --settings, --seeds or --folds', 2);
  return makePlan(config, { settings: own, seeds, folds }, out);
}

/** The plan of a study that is there; options may repeat it, and change nothing. */
function resumedPlan(options: StudyOptions): StudyPlan {
  const plan = readPlan(options.out);
  const fixed = (option: string, what: string): never => {
    throw new UserError(`${option}: the plan of ${options.out} cannot be changed: ${what}; begin another study`, 2);
  };
  const { seeds, folds } = options;
  if (seeds !== undefined && firstDifference(plan.seeds, seeds, '') !== undefined)
    fixed('--seeds', `its seeds are ${plan.seeds.join(', ')}, got ${seeds.join(', ')}`);
  if (folds !== undefined && folds !== plan.folds) fixed('--folds', `it has ${plan.folds ?? 'no'} folds, got ${folds}`);
  const settings = settingsOf(options);
  if (settings !== undefined && firstDifference(plan.settings, settings, '') !== undefined) {
    const [its, got] = [plan.settings, settings].map((each) => each.map(({ name }) => name).join('; '));
    fixed(options.settings === undefined ? '--vary' : '--settings', `its settings are ${its}, got ${got}`);
  }
  // What is not given again stays, also a layout that was guessed; a folder of the data that is given is one from here.
  const own = plan.config.data as ConfigInput & { dir: string };
  const again = inputOf(options, { ...plan.config, data: { ...own, dir: join(options.out, own.dir) } });
  const data = { layout: own.layout, ...(again.data as ConfigInput) };
  const asked = makePlan({ ...again, data }, plan, options.out);
  const changed = firstDifference(withoutBlanks(plan.config), withoutBlanks(asked.config), '');
  if (changed !== undefined) fixed('--resume', `${changed} is another`);
  return plan;
}

/** Without mappings that hold nothing, which say nothing. */
function withoutBlanks(config: ConfigInput): ConfigInput {
  return JSON.parse(
    JSON.stringify(config, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
        ? undefined
        : value,
    ),
  ) as ConfigInput;
}

/** The settings that the options ask for; undefined where they ask for none. */
function settingsOf({ vary = [], settings: file }: StudyOptions): StudySetting[] | undefined {
  if (vary.length === 0 && file === undefined) return undefined;
  const list = file === undefined ? [] : listedSettings(readYamlFile(file), file);
  if (vary.length === 0) return list;
  return file === undefined ? gridOf(vary) : product(list, gridOf(vary));
}

function seedOf({ seed = 0 }: ConfigInput): number {
  if (typeof seed !== 'number') throw new UserError(`seed: must be a number, got ${JSON.stringify(seed)}`, 2);
  return seed;
}

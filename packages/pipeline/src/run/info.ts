import { z } from 'zod';
import { RunError } from '../errors.ts';
import { SCHEDULE_NAMES } from '../networks/process.ts';
import { REFERENCE_NAMES } from '../networks/references.ts';
import { classesSchema } from './classes.ts';
import { normalizationSchema, type RunConfig, recordedSamplingSchema, resolveConfig, viewSchema } from './config.ts';
import { migrateRunInfo } from './migrate.ts';
import type { Preparation } from './preparation.ts';
import { trainingDataSchema } from './training-data.ts';

/** The version of what `run.json` holds. */
export const RUN_FORMAT = 'medseg-run-5';

const patients = z.object({
  train: z.array(z.string()),
  validation: z.array(z.string()),
  test: z.array(z.string()),
});

const machineSchema = z.record(z.string(), z.union([z.string(), z.number()]));

const common = {
  format: z.literal(RUN_FORMAT),
  classes: classesSchema,
  patients,
  machine: machineSchema,
};

const preparationSchema = z.object({
  imageSize: z.tuple([z.int().positive(), z.int().positive()]),
  normalization: normalizationSchema,
  view: viewSchema.optional(),
  signed: z.boolean().optional(),
});

const budgetSchema = z.union([z.object({ steps: z.int().positive() }), z.object({ minutes: z.number().positive() })]);

const trainedSchema = z.object({
  ...common,
  /** Budgets that were made larger, in order: the one before, the one after, and the step at which it was done. */
  extensions: z.array(z.object({ from: budgetSchema, to: budgetSchema, step: z.int().nonnegative() })).optional(),
  /** With what it was trained after a step, where that is not what it was begun with: another backend, another machine. */
  resumed: z.array(z.object({ step: z.int().nonnegative(), machine: machineSchema })).optional(),
  kind: z.literal('trained'),
  config: z.record(z.string(), z.unknown()),
  imageChannels: z.int().positive(),
  preparation: preparationSchema,
  /** Absent from runs of earlier versions. */
  trainingData: trainingDataSchema.optional(),
  /** Where the first weights are from, of a run that was begun with those of another. */
  initial: z.object({ from: z.string(), taken: z.int().nonnegative(), of: z.int().positive() }).optional(),
  /** Lines of `cases.jsonl`; absent in runs of earlier versions. */
  caseCount: z.int().nonnegative().optional(),
});

const importedSchema = z.object({
  ...common,
  kind: z.literal('imported'),
  source: z.object({ file: z.string(), reference: z.enum(REFERENCE_NAMES) }),
  /** Options of the reference's network, under its own names. */
  options: z.record(z.string(), z.unknown()),
  process: z.object({
    schedule: z.enum(SCHEDULE_NAMES),
    timesteps: z.int().positive(),
    prediction: z.enum(['epsilon', 'sample', 'v_prediction', 'flow']),
    zeroTerminalSnr: z.boolean().optional(),
    shift: z.object({ from: z.number().positive(), to: z.number().positive() }).optional(),
  }),
  preparation: preparationSchema,
  sampling: recordedSamplingSchema,
  seed: z.int().nonnegative(),
});

/** What `run.json` says of a run that was trained here. */
export type TrainedInfo = Omit<z.output<typeof trainedSchema>, 'config' | 'preparation'> & {
  /** The configuration, every default filled in. */
  readonly config: RunConfig;
  /** How files became the network's input. */
  readonly preparation: Preparation;
};
/** What `run.json` says of a run that was made from a checkpoint of a reference. */
type ImportedInfo = Omit<z.output<typeof importedSchema>, 'preparation'> & { readonly preparation: Preparation };
/** What `run.json` says. */
export type RunInfo = TrainedInfo | ImportedInfo;

/** Reads `run.json`. Throws RunError that names the file, the field and the rule. */
export function parseRunInfo(text: string, file: string): RunInfo {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new RunError(`${file}: not valid JSON`);
  }
  parsed = migrateRunInfo(parsed);
  const format = (parsed as { format?: unknown } | null)?.format;
  if (format !== RUN_FORMAT) {
    throw new RunError(
      `${file}: not a run of this program: format must be ${RUN_FORMAT}, got ${JSON.stringify(format)}`,
    );
  }
  const result = z.discriminatedUnion('kind', [trainedSchema, importedSchema]).safeParse(parsed);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new RunError(`${file}: ${path.join('.') || 'the whole'}: ${message}`);
  }
  // Fields that are left out are absent: zod types them as perhaps undefined.
  const info = result.data as ImportedInfo | (Omit<TrainedInfo, 'config'> & { config: Record<string, unknown> });
  if (info.kind !== 'trained') return info;
  const trained = { ...info, config: resolveConfig(info.config, { source: file }) };
  requireSamePreparation(trained, file);
  return trained;
}

/** Throws RunError where the preparation that a run records differs from its configuration. */
function requireSamePreparation({ config: { data }, preparation }: TrainedInfo, file: string): void {
  for (const name of ['imageSize', 'normalization', 'view'] as const) {
    if (data[name] === undefined && name === 'normalization') continue; // as suited the layout
    const [found, configured] = [preparation[name], data[name]].map((value) => JSON.stringify(value) ?? 'nothing');
    if (found === configured) continue;
    throw new RunError(`${file}: preparation.${name}: must be that of config.data, ${configured}, got ${found}`);
  }
}

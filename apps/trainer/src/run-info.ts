import { z } from 'zod';
import { type RunConfig, resolveConfig, samplingSchema } from './config.ts';
import { SCHEDULE_NAMES } from './networks/process.ts';
import { INTENSITIES, REFERENCE_NAMES } from './networks/references.ts';
import { UserError } from './user-error.ts';

/** The version of what `run.json` holds. */
export const RUN_FORMAT = 'medseg-run-2';

const patients = z.object({
  train: z.array(z.string()),
  validation: z.array(z.string()),
  test: z.array(z.string()),
});

/** The classes of the masks, and whether they exclude each other. */
const classesSchema = z.object({ names: z.array(z.string()).min(1), exclusive: z.boolean() });

const common = {
  format: z.literal(RUN_FORMAT),
  classes: classesSchema,
  patients,
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
};

const trainedSchema = z.object({
  ...common,
  kind: z.literal('trained'),
  config: z.record(z.string(), z.unknown()),
  imageChannels: z.int().positive(),
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
    prediction: z.enum(['epsilon', 'sample', 'v_prediction']),
  }),
  intensities: z.enum(INTENSITIES),
  sampling: samplingSchema,
  seed: z.int().nonnegative(),
});

export type Classes = z.output<typeof classesSchema>;

/** What `run.json` says of a run that was trained here. */
export type TrainedInfo = Omit<z.output<typeof trainedSchema>, 'config'> & { readonly config: RunConfig };
/** What `run.json` says of a run that was made from a checkpoint of a reference. */
type ImportedInfo = z.output<typeof importedSchema>;
export type RunInfo = TrainedInfo | ImportedInfo;

/** Reads `run.json`. Throws UserError that names the file, the field and the rule. */
export function parseRunInfo(text: string, file: string): RunInfo {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new UserError(`${file}: not valid JSON`);
  }
  const format = (parsed as { format?: unknown } | null)?.format;
  if (format !== RUN_FORMAT) {
    throw new UserError(
      `${file}: not a run of this program: format must be ${RUN_FORMAT}, got ${JSON.stringify(format)}`,
    );
  }
  const result = z.discriminatedUnion('kind', [trainedSchema, importedSchema]).safeParse(parsed);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new UserError(`${file}: ${path.join('.') || 'the whole'}: ${message}`);
  }
  const info = result.data;
  return info.kind === 'trained' ? { ...info, config: resolveConfig(info.config, file) } : info;
}

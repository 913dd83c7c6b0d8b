import { kindOf } from '@medseg/arguments';
import { decodeSafetensors, encodeSafetensors } from '@medseg/weights';
import { RunError } from '../errors.ts';
import type { RunConfig } from './config.ts';
import { parseRunInfo, type RunInfo } from './info.ts';
import { encodeInfo, RUN_FILES, type Run } from './run.ts';
import { memoryStore, type RunStore } from './store.ts';

/** The entry of a model file's metadata that has what `run.json` says. */
const INFO = 'medseg';

/**
 * A run as one file to give away: safetensors with its weights under our own names, and in the metadata what is needed
 * to segment with them: the network, how scans are prepared, the classes, how masks are sampled, and the ranges of the
 * training data. It has no patients, no paths, no pattern of names, nothing of the machine and no losses. `loadRun` opens
 * it and segments with it to the same bytes.
 *
 * @example await writeFile('model.safetensors', await exportModel(run));
 */
export async function exportModel(run: Run): Promise<Uint8Array> {
  if (!isRun(run)) {
    const remedy = isRun((run as { run?: unknown } | undefined)?.run) ? '; pass its member run' : '';
    throw new TypeError(`exportModel: run must be a Run, as openRun() gives it, got ${kindOf(run)}${remedy}`);
  }
  const { tensors, metadata } = decodeSafetensors(await run.readModel(), run.placeOf('model'));
  const { format } = metadata; // the rest counts steps
  return encodeSafetensors(tensors, { ...(format && { format }), [INFO]: JSON.stringify(anonymous(run.info)) });
}

/** A run in the bytes that {@link exportModel} gave. Throws FormatError or RunError, which name the file, for others. */
export function modelFileStore(bytes: Uint8Array, name: string): RunStore {
  const { metadata } = decodeSafetensors(bytes, name);
  const text = metadata[INFO];
  if (text === undefined) {
    throw new RunError(
      `${name}: holds weights alone; a run is opened from run.json and model.safetensors, or from what exportModel or medseg export wrote`,
    );
  }
  const info = encodeInfo(parseRunInfo(text, name)); // its errors name this file
  return memoryStore({ [RUN_FILES.info]: info, [RUN_FILES.model]: bytes }, name);
}

function isRun(run: unknown): run is Run {
  return typeof (run as Partial<Run> | null | undefined)?.readModel === 'function';
}

function anonymous(info: RunInfo): RunInfo {
  const nobody = { patients: { train: [], validation: [], test: [] }, machine: {} };
  if (info.kind === 'imported') return { ...info, ...nobody, source: { ...info.source, file: 'a checkpoint' } };
  const { extensions: _e, resumed: _r, caseCount: _c, config, trainingData, ...rest } = info;
  return {
    ...rest,
    ...nobody,
    config: { ...config, data: withoutNames(config.data) },
    ...(trainingData && { trainingData: { ...trainingData, fingerprints: undefined } }), // they tell who was in it
  };
}

/** The settings of data that say nothing of files and patients. */
function withoutNames(data: RunConfig['data']): RunConfig['data'] {
  const { classes: _c, patientPattern: _p, series: _s, ...rest } = data;
  return { ...rest, dir: '' };
}

import { extname } from 'node:path';
import { plural } from '@medseg/metrics';
import {
  exportModel,
  REFERENCE_NAMES,
  REFERENCES,
  type Reference,
  type ReferenceName,
  type Run,
} from '@medseg/pipeline';
import { decodeSafetensors, encodeSafetensors, exportWeights, type NamedArray } from '@medseg/weights';
import { runFiles } from '../run/folder.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs, writeOutput } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';

/**
 * `medseg export`: writes a run as one file, which `segment` and `loadRun` take. Of an imported run it writes the weights
 * under the reference's own names and in its layout, so that PyTorch loads them, unless `as` is medseg; of a trained one
 * where `as` names its reference.
 */
export async function exportRun(
  run: Run,
  to: string,
  { as, force = false }: { as?: ReferenceName | 'medseg'; force?: boolean } = {},
): Promise<void> {
  if (extname(to) !== '.safetensors') throw new UserError(`--to: must end in .safetensors, got ${to}`, 2);
  checkOutputs([{ option: '--to', path: to }], { inputs: runFiles(run), force });
  const own = referenceOf(run);
  if (as !== undefined && as !== 'medseg' && as !== own) {
    const what = own ?? 'a network that no reference has';
    throw new UserError(`--as ${as}: ${run.name} is ${what}; its weights have no names there`, 2);
  }
  const names = as ?? (run.info.kind === 'imported' ? run.info.source.reference : 'medseg');
  if (names === 'medseg') {
    await writeOutput(to, await exportModel(run));
    output.result(`wrote the run to ${to}, without patients and paths; medseg segment --run ${to} takes it`);
    return;
  }
  requireFaithful(run);
  const { tensors } = decodeSafetensors(await run.readModel(), run.placeOf('model'));
  const exported = inReferenceNames(tensors, REFERENCES[names]);
  await writeOutput(to, encodeSafetensors(exported, { format: 'pt' }));
  output.result(`wrote ${plural(exported.size, 'tensors')} to ${to}, under the names of ${names}`);
}

/** The reference whose network a run has. */
function referenceOf({ info }: Run): ReferenceName | undefined {
  if (info.kind === 'imported') return info.source.reference;
  const { name } = info.config.network;
  return REFERENCE_NAMES.find((reference) => reference === name);
}

/** Throws UserError for a trained network that would compute something else in its reference. */
function requireFaithful({ info, name }: Run): void {
  if (info.kind === 'imported') return;
  const { network } = info.config;
  const refuse = (rule: string): never => {
    throw new UserError(`--as ${network.name}: ${name} would compute something else there: ${rule}`, 2);
  };
  if (network.name === 'deepmancer' && !(network.timeCode === 'product' && network.affinityWeighs === 'normalised')) {
    const got = `${network.timeCode} and ${network.affinityWeighs}`;
    refuse(
      `it needs network.timeCode=product and network.affinityWeighs=normalised, it has ${got}; train --preset deepmancer`,
    );
  }
  const { prediction, schedule, timesteps } = info.config.objective;
  if (prediction === 'flow' || prediction === 'logits') {
    refuse(`it predicts ${prediction}, which the reference has no objective for`);
  }
  const { normalization } = info.preparation;
  output.remark(
    `note: the file does not say what it was trained for: a prediction of ${prediction}, schedule ${schedule} of ${timesteps} steps, normalization ${JSON.stringify(normalization)}; medseg import takes --prediction, --schedule, --timesteps and --normalization`,
  );
  if (network.name === 'official-v1') {
    refuse('the reference makes the convolution between its halves anew at every forward, and this run has learned it');
  }
}

function inReferenceNames(
  tensors: ReadonlyMap<string, NamedArray>,
  { names, ownWeights }: Reference,
): Map<string, NamedArray> {
  const exported = exportWeights(tensors, names);
  for (const name of ownWeights) exported.delete(name); // PyTorch would not know them
  return exported;
}

import { extname } from 'node:path';
import { plural } from '@medseg/metrics';
import type { Run } from '@medseg/pipeline';
import { REFERENCES, type Reference, type ReferenceName } from '@medseg/pipeline';
import { decodeSafetensors, encodeSafetensors, exportWeights, type NamedArray } from '@medseg/weights';
import { runFiles } from '../run/folder.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs, writeOutput } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';

/**
 * `medseg export`: writes the weights of a run as safetensors; those of an imported run under the reference's own names
 * and in its layout, so that PyTorch loads them.
 */
export async function exportRun(
  run: Run,
  to: string,
  { as, force = false }: { as?: ReferenceName; force?: boolean } = {},
): Promise<void> {
  if (extname(to) !== '.safetensors') throw new UserError(`--to: must end in .safetensors, got ${to}`, 2);
  checkOutputs([{ option: '--to', path: to }], { inputs: runFiles(run), force });
  const own = run.info.kind === 'imported' ? run.info.source.reference : undefined;
  if (as !== undefined && as !== own) {
    const what = own === undefined ? 'the network that medseg train makes, which no reference has' : own;
    throw new UserError(`--as ${as}: ${run.name} is ${what}; its weights have no names there`, 2);
  }
  const { tensors } = decodeSafetensors(await run.readModel(), run.placeOf('model'));
  const reference: Reference | undefined = own && REFERENCES[own];
  const exported = reference === undefined ? tensors : inReferenceNames(tensors, reference);
  await writeOutput(to, encodeSafetensors(exported, { format: 'pt' }));
  output.result(
    `wrote ${plural(exported.size, 'tensors')} to ${to}, ${own === undefined ? 'under our own names' : `under the names of ${own}`}`,
  );
}

function inReferenceNames(
  tensors: ReadonlyMap<string, NamedArray>,
  { names, ownWeights }: Reference,
): Map<string, NamedArray> {
  const exported = exportWeights(tensors, names);
  for (const name of ownWeights) exported.delete(name); // PyTorch would not know them
  return exported;
}

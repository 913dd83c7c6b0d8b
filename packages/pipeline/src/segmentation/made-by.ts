import { requireObject } from '@medseg/arguments';
import { WordHash } from '@medseg/image-io';
import type { Run } from '../run/run.ts';
import type { EnsembleOptions } from './sample-places.ts';

/** The weights of each run that were hashed: they are megabytes. */
const hashes = new WeakMap<Run, Promise<string>>();

/**
 * What makes a segmentation by a run another than one by another run, or with other options: a hash of the weights, the
 * preparation, the classes, and how the ensemble is drawn and fused. DICOM SEGs have it in their UIDs.
 *
 * @example await madeBy(run, ensembleOf(run, {})) === await madeBy(run, ensembleOf(run, { seed: 99 })) // false
 */
export async function madeBy(run: Run, options: EnsembleOptions): Promise<string> {
  requireObject('madeBy: run', run, ['info', 'readModel']);
  requireObject('madeBy: options', options, ['scheduler', 'steps', 'members', 'seed']);
  const { preparation: _, method = 'ensemble', scheduler, drawing, steps, members, seed, fuse = 'mean' } = options;
  const { guidance = 1 } = options;
  const weights = hashes.get(run) ?? weightsOf(run);
  hashes.set(run, weights);
  const { preparation, classes } = run.info;
  // Of what earlier versions did nothing is added: their UIDs stay.
  const { eta = 0, limit = 'clip', variance, timestepSpacing = 'trailing' } = drawing ?? {};
  const usual = eta === 0 && limit === 'clip' && variance === undefined && timestepSpacing === 'trailing';
  const more = [
    ...(fuse === 'mean' ? [] : [fuse]),
    ...(usual ? [] : [{ eta, limit, variance, timestepSpacing }]),
    ...(guidance === 1 ? [] : [{ guidance }]),
  ];
  return JSON.stringify([await weights, preparation, classes, method, scheduler, steps, members, seed, ...more]);
}

async function weightsOf(run: Run): Promise<string> {
  const hash = new WordHash();
  hash.addBytes(await run.readModel());
  return hash.hex();
}

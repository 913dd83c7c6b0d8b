import { ConfigError } from '../../errors.ts';
import type { NetworkKind } from '../../networks/kinds/kind.ts';
import { createSchedule } from '../../networks/process.ts';
import { createScheduler } from '../../networks/samplers.ts';
import { processOf } from '../process-of.ts';
import type { RunConfig } from './schema.ts';

/** Throws ConfigError for settings that are right each by itself and cannot go together. */
export function checkTogether(config: RunConfig, kind: NetworkKind, source: string): void {
  const { network, objective, training, sampling, evaluation } = config;
  const { prediction, learnedVariance, weighting, selfConditioning } = objective;
  const refuse = (field: string, rule: string, got: unknown): never => {
    throw new ConfigError(`${source}: ${field}: ${rule}, got ${got}`);
  };
  const name = network.name;
  if (!kind.predictions.includes(prediction)) {
    refuse('objective.prediction', `the network ${name} can be trained for ${kind.predictions.join(', ')}`, prediction);
  }
  if (learnedVariance && !kind.variance)
    refuse('objective.learnedVariance', `the network ${name} has no variance`, true);
  if (learnedVariance && (prediction === 'logits' || prediction === 'flow')) {
    refuse('objective.learnedVariance', 'needs a prediction of epsilon, sample or v_prediction', prediction);
  }
  if (selfConditioning > 0 && !kind.selfConditioning) {
    refuse(
      'objective.selfConditioning',
      `the network ${name} does not take its own prediction; lucidrains does`,
      selfConditioning,
    );
  }
  if (training.recycling > 0 && prediction !== 'logits' && prediction !== 'sample') {
    refuse('training.recycling', 'needs a prediction of sample or logits', `${training.recycling} with ${prediction}`);
  }
  if (training.recycling + selfConditioning > 1) {
    refuse(
      'training.recycling',
      'must be at most 1 together with objective.selfConditioning',
      training.recycling + selfConditioning,
    );
  }
  if (weighting === 'min-snr' && (learnedVariance || prediction === 'flow')) {
    refuse(
      'objective.weighting',
      'min-snr needs a prediction without a variance that is not flow',
      learnedVariance ? 'a learned variance' : prediction,
    );
  }
  if (objective.minSnrGamma !== 5 && weighting !== 'min-snr') {
    refuse('objective.minSnrGamma', 'is of objective.weighting=min-snr', `${objective.minSnrGamma} with ${weighting}`);
  }
  if (objective.conditionDropout > 0 && prediction === 'logits' && kind.anchor) {
    const rule = `the network ${name} predicts logits that start from an anchor, which a zero image does not have`;
    refuse('objective.conditionDropout', rule, objective.conditionDropout);
  }
  if (sampling.guidance !== 1 && objective.conditionDropout === 0) {
    refuse('sampling.guidance', 'needs a network that was trained with objective.conditionDropout', sampling.guidance);
  }
  if (objective.zeroTerminalSnr && prediction === 'epsilon') {
    refuse('objective.zeroTerminalSnr', 'needs another prediction than epsilon: noise alone says nothing of x_0', true);
  }
  if (!kind.ownMask && objective.maskWeight !== 0) {
    refuse(
      'objective.maskWeight',
      `the network ${name} has no mask of its own beside its prediction`,
      objective.maskWeight,
    );
  }
  if (prediction === 'flow') requireFlow(config, kind, refuse);
  if (training.optimizer === 'sgd' && (training.beta1 !== 0.9 || training.beta2 !== 0.999)) {
    refuse('training.beta1 and beta2', 'are of adamw and adam', `${training.beta1} and ${training.beta2} with sgd`);
  }
  if (config.data.folds !== undefined && config.data.test !== 0.15) {
    refuse('data.test', 'is not used with data.folds, whose fold is the test part', config.data.test);
  }
  if (!kind.diffusion) requirePlain(config, kind, refuse);
  if (name === 'medseg') requireAnchored(config, refuse);
  if (evaluation.fast && !kind.anchor) {
    refuse('evaluation.fast', `the network ${name} has no anchor head that could be scored`, true);
  }
  if (training.momentum !== 0.9 && training.optimizer !== 'sgd') {
    refuse('training.momentum', 'is of the optimizer sgd', `${training.momentum} with ${training.optimizer}`);
  }
  if (name === 'v2' && objective.maskWeight !== 0 && objective.maskWeight !== 1) {
    refuse('objective.maskWeight', 'of the network v2 is 1, or 0 to leave the loss out', objective.maskWeight);
  }
  if (name !== 'medseg' && training.encoderShare !== 0.6) {
    refuse('training.encoderShare', 'is of the network medseg, which is trained in two phases', training.encoderShare);
  }
  try {
    const process = processOf(config);
    if (prediction !== 'flow') createSchedule(process);
    const { scheduler, eta, limit, variance, timestepSpacing } = sampling;
    const sampler = createScheduler(scheduler, process, { eta, limit, variance, timestepSpacing, learnedVariance });
    if (kind.diffusion) for (const count of stepsOf(config)) sampler.plan(count);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(`${source}: objective and sampling: ${error.message}`);
  }
}

/** Every number of steps that masks will be drawn in. */
function stepsOf({ sampling, training, evaluation }: RunConfig): number[] {
  return [sampling.steps, training.validationSteps, evaluation.steps ?? sampling.steps];
}

/** A straight path has no schedule: what is set of one would do nothing. */
function requireFlow({ objective }: RunConfig, { defaults }: NetworkKind, refuse: Refuse): void {
  const plain = { schedule: defaults.schedule, zeroTerminalSnr: false, referenceSide: undefined } as const;
  for (const field of Object.keys(plain) as (keyof typeof plain)[]) {
    if (objective[field] === plain[field]) continue;
    refuse(`objective.${field}`, 'a prediction of flow follows a straight path, without a schedule', objective[field]);
  }
}

type Refuse = (field: string, rule: string, got: unknown) => never;

/** A plain U-Net has no noise: what is set of it would do nothing. */
function requirePlain(config: RunConfig, { defaults }: NetworkKind, refuse: Refuse): void {
  const { network, objective, training, sampling, evaluation } = config;
  const undrawn = { scheduler: 'ddim', steps: 3, members: 5, eta: 0, limit: 'clip', variance: undefined } as const;
  for (const field of Object.keys(undrawn) as (keyof typeof undrawn)[]) {
    if (sampling[field] === undrawn[field]) continue;
    refuse(`sampling.${field}`, `the network ${network.name} samples nothing`, sampling[field]);
  }
  for (const field of ['steps', 'members'] as const) {
    if (evaluation[field] === undefined) continue;
    refuse(`evaluation.${field}`, `the network ${network.name} samples nothing`, evaluation[field]);
  }
  const plain = {
    schedule: defaults.schedule,
    timesteps: defaults.timesteps,
    zeroTerminalSnr: false,
    referenceSide: undefined,
    weighting: 'none',
    minSnrGamma: 5,
    times: 'uniform',
    conditionDropout: 0,
    maskWeight: defaults.maskWeight,
  } as const;
  for (const field of Object.keys(plain) as (keyof typeof plain)[]) {
    if (objective[field] === plain[field]) continue;
    refuse(`objective.${field}`, `the network ${network.name} learns the mask without noise`, objective[field]);
  }
  if (training.recycling > 0)
    refuse('training.recycling', `the network ${network.name} has no denoiser`, training.recycling);
}

/** What the two phases of our own network do not have. */
function requireAnchored({ objective }: RunConfig, refuse: Refuse): void {
  const fixed = { weighting: 'none', times: 'uniform', maskWeight: 0 } as const;
  for (const field of Object.keys(fixed) as (keyof typeof fixed)[]) {
    if (objective[field] === fixed[field]) continue;
    refuse(`objective.${field}`, `of the network medseg is ${fixed[field]}`, objective[field]);
  }
}

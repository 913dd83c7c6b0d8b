import type { NetworkKind } from '../../networks/kinds/kind.ts';
import { NETWORK_KINDS } from '../../networks/kinds/kinds.ts';
import { checkTogether } from './check-together.ts';
import { objectiveSchema } from './objective.ts';
import { samplingSchema } from './sampling.ts';
import type { ParsedConfig, RunConfig } from './schema.ts';
import { trainingSchema } from './training.ts';

/** Sampling steps where nobody says: noise tells little of x_0 where there is nothing else, so that few steps go wrong. */
const STEPS = { logits: 3, sample: 10, v_prediction: 20, flow: 20, epsilon: 50 } as const;
/** Sampling steps of a validation at most, and cases of networks that are slow to sample. */
const VALIDATION_STEPS = 10;
const VALIDATION_CASES = { quick: 64, slow: 16 };

/** Fills in what depends on the network. Throws ConfigError for settings that cannot go together. */
export function resolveForNetwork(parsed: ParsedConfig, given: { source: string; workers: number }): RunConfig {
  const kind: NetworkKind = NETWORK_KINDS[parsed.network.name];
  const { defaults } = kind;
  const { objective, training, sampling } = parsed;
  const prediction = objective.prediction ?? defaults.prediction;
  const steps = sampling.steps ?? STEPS[prediction];
  const config: RunConfig = {
    ...parsed,
    objective: inOrder(objectiveSchema, {
      ...objective,
      prediction,
      learnedVariance:
        objective.learnedVariance ?? (defaults.learnedVariance && prediction !== 'logits' && prediction !== 'flow'),
      schedule: objective.schedule ?? defaults.schedule,
      timesteps: objective.timesteps ?? defaults.timesteps,
      maskWeight: objective.maskWeight ?? defaults.maskWeight,
    }),
    training: inOrder(trainingSchema, {
      ...training,
      workers: training.workers ?? given.workers,
      learningRate: training.learningRate ?? defaults.learningRate,
      recycling: training.recycling ?? defaults.recycling,
      validationCases:
        training.validationCases ?? (prediction === 'logits' ? VALIDATION_CASES.quick : VALIDATION_CASES.slow),
      validationSteps: training.validationSteps ?? Math.min(steps, VALIDATION_STEPS),
    }),
    sampling: inOrder(samplingSchema, {
      ...sampling,
      scheduler: sampling.scheduler ?? (prediction === 'flow' ? 'flow-matching' : 'ddim'),
      steps,
    }),
  };
  checkTogether(config, kind, given.source);
  return config;
}

/** Settings in the order of their schema, so that a configuration that is read again is written the same. */
function inOrder<T extends object>({ shape }: { readonly shape: Readonly<Record<string, unknown>> }, settings: T): T {
  const given = settings as Readonly<Record<string, unknown>>;
  const names = Object.keys(shape).filter((name) => given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, given[name]])) as T;
}

/** A value as `scheduler_config.json` holds it. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** A `scheduler_config.json`, parsed. */
export type SchedulerConfig = { readonly [key: string]: ConfigValue };

/** One option under diffusers' name and ours, with the default that both have. */
export interface Field {
  readonly key: string;
  readonly option: string;
  readonly fallback: ConfigValue;
  /** Their values, and ours for them, where these differ. */
  readonly values?: readonly Pair[];
  /** Further values of theirs that are read and never written: those of other classes or earlier versions. */
  readonly aliases?: readonly Pair[];
}

type Pair = readonly [theirs: ConfigValue, ours: ConfigValue];

const field = (
  key: string,
  option: string,
  fallback: ConfigValue,
  more: Pick<Field, 'values' | 'aliases'> = {},
): Field => ({ key, option, fallback, ...more });

const prediction = field('prediction_type', 'predictionType', 'epsilon', {
  values: [['flow_prediction', 'flow']],
  aliases: [['original_sample', 'sample']],
});
const thresholding = [
  field('thresholding', 'thresholding', false),
  field('dynamic_thresholding_ratio', 'dynamicThresholdingRatio', 0.995),
  field('sample_max_value', 'sampleMaxValue', 1),
];
const clipping = (fallback: boolean): Field[] => [
  field('clip_sample', 'clipSample', fallback),
  field('clip_sample_range', 'clipSampleRange', 1),
];
const spacing = (fallback: string): Field[] => [
  field('timestep_spacing', 'timestepSpacing', fallback),
  field('steps_offset', 'stepsOffset', 0),
];
const finalSigma = field('final_sigmas_type', 'finalSigma', 'zero');
const sigmaRange = [field('sigma_min', 'sigmaMin', null), field('sigma_max', 'sigmaMax', null)];
const solver = [
  prediction,
  ...thresholding,
  ...spacing('linspace'),
  finalSigma,
  field('solver_order', 'order', 2),
  field('lower_order_final', 'lowerOrderFinal', true),
];

/** The options of each scheduler of ours that `scheduler_config.json` holds under a name and value of its own. */
export const fieldsOf: Readonly<Record<string, readonly Field[]>> = {
  ddpm: [
    prediction,
    ...thresholding,
    ...clipping(true),
    ...spacing('leading'),
    field('variance_type', 'varianceType', 'fixed_small'),
  ],
  ddim: [
    prediction,
    ...thresholding,
    ...clipping(true),
    ...spacing('leading'),
    field('set_alpha_to_one', 'setAlphaToOne', true),
  ],
  ddimInversion: [
    prediction,
    ...clipping(true),
    ...spacing('leading'),
    field('set_alpha_to_one', 'setAlphaToOne', true),
  ],
  dpmSolver: [
    ...solver,
    field('algorithm_type', 'algorithm', 'dpmsolver++', { aliases: [['deis', 'dpmsolver++']] }),
    field('solver_type', 'solverType', 'midpoint', {
      aliases: [
        ['logrho', 'midpoint'],
        ['bh1', 'midpoint'],
        ['bh2', 'midpoint'],
      ],
    }),
    field('euler_at_final', 'eulerAtFinal', false),
    field('lambda_min_clipped', 'lambdaMinClipped', Number.NEGATIVE_INFINITY, {
      // As JSON writes minus infinity, and as earlier versions of ours did.
      aliases: [
        [null, Number.NEGATIVE_INFINITY],
        ['-Infinity', Number.NEGATIVE_INFINITY],
      ],
    }),
    field('variance_type', 'learnedVariance', null, {
      values: [
        ['learned', true],
        [null, false],
      ],
      aliases: [['learned_range', true]],
    }),
  ],
  unipc: [
    ...solver,
    ...sigmaRange,
    field('solver_type', 'solverType', 'bh2', {
      aliases: [
        ['midpoint', 'bh2'],
        ['heun', 'bh2'],
        ['logrho', 'bh2'],
      ],
    }),
    field('predict_x0', 'predictX0', true),
    field('disable_corrector', 'disableCorrector', []),
  ],
  euler: [
    prediction,
    ...spacing('linspace'),
    ...sigmaRange,
    finalSigma,
    field('interpolation_type', 'logLinear', 'linear', {
      values: [
        ['linear', false],
        ['log_linear', true],
      ],
    }),
    field('timestep_type', 'continuousTime', 'discrete', {
      values: [
        ['discrete', false],
        ['continuous', true],
      ],
    }),
  ],
  eulerAncestral: [prediction, ...spacing('linspace')],
  heun: [prediction, ...clipping(false), ...spacing('linspace')],
  lcm: [
    prediction,
    ...thresholding,
    ...clipping(false),
    field('original_inference_steps', 'originalSteps', 50),
    field('timestep_scaling', 'timestepScaling', 10),
  ],
  flowMatching: [
    field('num_train_timesteps', 'trainSteps', 1000),
    field('shift', 'shift', 1),
    field('shift_terminal', 'shiftTerminal', null),
    field('invert_sigmas', 'invertSigmas', false),
    field('stochastic_sampling', 'stochastic', false),
  ],
};

/** Our value for theirs; undefined stands for an option that is left out. */
export function fromTheirs({ values = [], aliases = [] }: Field, value: ConfigValue): ConfigValue | undefined {
  const pair = [...values, ...aliases].find(([theirs]) => theirs === value);
  if (pair !== undefined) return pair[1];
  return value === null ? undefined : value;
}

/** Their value for ours. */
export function toTheirs({ values = [] }: Field, value: ConfigValue): ConfigValue {
  const pair = values.find(([, ours]) => ours === value);
  return pair === undefined ? value : pair[0];
}

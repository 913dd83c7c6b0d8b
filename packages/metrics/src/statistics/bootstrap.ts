import { type OptionNames, requireFunction, requireList, requireOptions } from '@medseg/arguments';
import { checkCount } from '../arrays.ts';
import { quantile } from './summary.ts';

/** Options of `bootstrapInterval`. */
export interface BootstrapOptions {
  /** Uniform numbers in [0, 1), such as a seeded generator's. */
  readonly random: () => number;
  /** The patient of each value: patients are drawn, with all their values; each value its own unless told. */
  readonly patients?: readonly (string | number)[];
  /** What is estimated; the mean unless told. */
  readonly statistic?: (values: readonly number[]) => number;
  /** How sure, in (0, 1); 0.95 unless told. */
  readonly confidence?: number;
  /** Number of resamples; 2000 unless told. */
  readonly resamples?: number;
}

const bootstrapOptionNames: OptionNames<BootstrapOptions> = {
  random: true,
  patients: true,
  statistic: true,
  confidence: true,
  resamples: true,
};

/** An estimate and the interval around it. */
export interface Interval {
  /** The estimate itself. */
  readonly estimate: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/**
 * Bootstrap confidence interval by the percentile method (Efron 1979), resampling patients and not images, whose values
 * depend on each other (cluster bootstrap, Davison & Hinkley 1997, section 3.8).
 *
 * values: one number for each image; NaN is left out, with its patient where nothing of them remains. The result is NaN
 * when no value is left. Throws RangeError when patients and values differ in number or an option is out of range.
 *
 * @example bootstrapInterval(dices, { patients, random: createRandom(1).uniform })
 */
export function bootstrapInterval(values: readonly number[], options: BootstrapOptions): Interval {
  requireOptions('bootstrapInterval', options, bootstrapOptionNames);
  const { random, patients, statistic = meanOf, confidence = 0.95, resamples = 2000 } = options;
  requireList('bootstrapInterval: values', values);
  requireFunction('bootstrapInterval: random', random);
  if (patients && patients.length !== values.length) {
    throw new RangeError(
      `bootstrapInterval: patients must name one for each value, got ${patients.length} for ${values.length}`,
    );
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`bootstrapInterval: confidence must lie between 0 and 1, got ${confidence}`);
  }
  checkCount('bootstrapInterval', 'resamples', resamples);
  const groups = new Map<string | number, number[]>();
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const patient = patients ? patients[i]! : i;
    const group = groups.get(patient);
    if (group) group.push(value);
    else groups.set(patient, [value]);
  }
  const clusters = [...groups.values()];
  if (clusters.length === 0) return { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
  const estimates = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    const drawn: number[] = [];
    for (let k = 0; k < clusters.length; k++) {
      const u = random();
      if (!(u >= 0 && u < 1)) throw new RangeError(`bootstrapInterval: random must give numbers in [0, 1), got ${u}`);
      for (const value of clusters[Math.floor(u * clusters.length)]!) drawn.push(value);
    }
    estimates[r] = statistic(drawn);
  }
  estimates.sort();
  const tail = (1 - confidence) / 2;
  return { estimate: statistic(clusters.flat()), low: quantile(estimates, tail), high: quantile(estimates, 1 - tail) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

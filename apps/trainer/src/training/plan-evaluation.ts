import type { Case, Split } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import { finalEnsembleOf, isPlain, nounOf, type Run } from '@medseg/pipeline';
import { formatDuration } from '../terminal/progress.ts';

/** The cases that a run is scored on after training: those that took no part in it, where there are any. */
export function finalCases({ validation, test }: Pick<Split, 'validation' | 'test'>): {
  readonly cases: Case[];
  readonly split: 'test' | 'validation';
} {
  return test.length > 0 ? { cases: test, split: 'test' } : { cases: validation, split: 'validation' };
}

/** The evaluation that follows training: what it will score, and about how long that will take. */
export interface EvaluationPlan {
  /** A line that says what comes after training. */
  readonly announcement: string;
  /** Notes the seconds that a validation took per sample. */
  note(phase: string, seconds: number): void;
  /** About how long the evaluation will take; undefined before a validation has shown it. */
  estimate(): string | undefined;
}

/** Calls of the network for an image from which on an evaluation may take longer than its training. */
const MANY_PASSES = 50;

/** Plans the evaluation of a run after its training; undefined where there is nothing to score. */
export function planEvaluation(
  run: Run,
  parts: Pick<Split, 'validation' | 'test'>,
  samplesIn: (cases: Case[]) => number,
): EvaluationPlan | undefined {
  const { cases, split } = finalCases(parts);
  if (cases.length === 0) return undefined;
  const noun = nounOf(cases);
  const { steps, members, method } = finalEnsembleOf(run, noun);
  const { validationSteps } = run.trained.config.training;
  const samples = samplesIn(cases);
  const { workers } = run.trained.config.training;
  const slices = samples === cases.length ? '' : ` (${plural(samples, 'slices')})`;
  const how =
    method === 'anchor'
      ? isPlain(run)
        ? 'by the plain U-Net, which samples nothing'
        : 'by the anchor alone'
      : `with ${plural(members, 'members')} of ${plural(steps, 'steps')} each`;
  // A validation draws one member in the denoiser's phase, in fewer steps perhaps, and in the encoder's asks the anchor.
  const counted = method === 'anchor' ? 'encoder' : 'denoiser';
  const passes = steps * members;
  const hint = passes > MANY_PASSES ? '; evaluation.steps, evaluation.members and evaluation.fast say otherwise' : '';
  let perSample: number | undefined;
  return {
    announcement: `after training, ${plural(cases.length, `${split} ${noun}`)}${slices} ${cases.length === 1 ? 'is' : 'are'} scored ${how}${hint}`,
    note: (phase, seconds) => {
      if (phase === counted) perSample = method === 'anchor' ? seconds : (seconds * steps) / validationSteps;
    },
    estimate: () =>
      perSample === undefined ? undefined : `about ${formatDuration((samples * members * perSample) / workers)}`,
  };
}

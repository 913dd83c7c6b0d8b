import { FormatError } from '@medseg/weights';
import type { MovingAverage } from './moving-average.ts';
import type { PhaseLearner } from './phase-learner.ts';
import { isPlateauState, type PlateauState } from './plateau.ts';

/** What a checkpoint says of a phase's learner beside its tensors. */
export interface LearnerFacts {
  readonly optimizer: string;
  /** Limits of further averages. */
  readonly moreAverages: readonly number[];
  readonly plateau?: PlateauState;
}

export function factsOf({ optimizer, averages, plateau }: PhaseLearner): LearnerFacts {
  const moreAverages = averages.slice(1).map(({ limit }) => limit);
  return { optimizer: optimizer.kind, moreAverages, ...(plateau && { plateau: plateau.state }) };
}

/** The averages by the names that they have in a checkpoint: average, average1, … */
export function averageParts({ averages }: PhaseLearner): [string, MovingAverage][] {
  return averages.map((average, i) => [i === 0 ? 'average' : `average${i}`, average]);
}

/**
 * Throws FormatError unless the learners of a checkpoint have the optimisers and averages of these. Returns the states of
 * their plateaus by phase. Checkpoints of earlier versions say nothing: they are of AdamW and have one average.
 */
export function requireLearners(
  learners: ReadonlyMap<string, PhaseLearner>,
  stored: string | undefined,
  file: string | undefined,
): Map<string, PlateauState> {
  const plateaus = new Map<string, PlateauState>();
  const all = parse(stored, file);
  for (const [phase, learner] of learners) {
    const has = factsOf(learner);
    const facts = all === undefined ? { optimizer: 'adamw', moreAverages: [] } : all[phase];
    if (!isFacts(facts)) {
      throw new FormatError('not a checkpoint of this program: its learners cannot be read', file);
    }
    if (facts.optimizer !== has.optimizer) {
      throw new FormatError(
        `the optimizer of the phase ${phase} must be that of the checkpoint, '${facts.optimizer}', it is '${has.optimizer}'`,
        file,
      );
    }
    if (String(facts.moreAverages) !== String(has.moreAverages)) {
      throw new FormatError(
        `moreAverages of the phase ${phase} must be those of the checkpoint, [${facts.moreAverages}], they are [${has.moreAverages}]`,
        file,
      );
    }
    if (facts.plateau) plateaus.set(phase, facts.plateau);
  }
  return plateaus;
}

function parse(stored: string | undefined, file: string | undefined): Record<string, unknown> | undefined {
  if (stored === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new FormatError('not a checkpoint of this program: its learners cannot be read', file);
}

function isFacts(value: unknown): value is LearnerFacts {
  if (typeof value !== 'object' || value === null) return false;
  const { optimizer, moreAverages, plateau } = value as Partial<LearnerFacts>;
  return (
    typeof optimizer === 'string' && Array.isArray(moreAverages) && (plateau === undefined || isPlateauState(plateau))
  );
}

import type { Run, TrainedInfo } from '@medseg/pipeline';
import { describeMachine } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';

type Machine = TrainedInfo['machine'];

/** What the numbers of a step depend on, and how a message calls it. */
const DECISIVE = { backend: 'backend', processor: 'processor', node: 'Node', medseg: 'medseg' } as const;

/**
 * The run, which goes on after `step`, with a record of what it goes on with where that is not what it was trained with so
 * far: another backend, processor, version of Node or of this program gives other numbers, which is said. Call it after
 * `startBackend`.
 */
export async function recordMachine(run: Run, step: number): Promise<Run> {
  const info = run.trained;
  const { resumed: recorded = [] } = info;
  // What was done after the checkpoint is done again.
  const kept = recorded.filter((each) => each.step < step);
  const before = (kept.at(-1) ?? info).machine;
  const machine = describeMachine();
  const changes = changesBetween(before, machine);
  if (changes.length > 0)
    output.remark(
      `note: from step ${step + 1} on ${run.name} is trained with ${changes.join(', ')}: its losses differ in the last digits from those without the change; run.json records it`,
    );
  const resumed = changes.length > 0 ? [...kept, { step, machine }] : kept;
  if (JSON.stringify(resumed) === JSON.stringify(recorded)) return run;
  const { resumed: _, ...rest } = info;
  return run.withInfo({ ...rest, ...(resumed.length > 0 && { resumed }) });
}

/** What differs, of that which both tell. */
function changesBetween(before: Machine, now: Machine): string[] {
  return Object.entries(DECISIVE).flatMap(([key, name]) => {
    const [from, to] = [before[key], now[key]];
    return from === undefined || to === undefined || from === to ? [] : [`the ${name} ${to} instead of ${from}`];
  });
}

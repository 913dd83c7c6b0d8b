import type { RunInfo } from '@medseg/pipeline';

/** What a run was trained with, by name; where that changed when it was resumed, with the step from which it holds. */
export function machineRows(info: RunInfo): Record<string, string | number> {
  const rows = { ...info.machine };
  if (info.kind !== 'trained') return rows;
  let last = info.machine;
  for (const { step, machine } of info.resumed ?? []) {
    for (const [name, value] of Object.entries(machine)) {
      if (last[name] === value) continue;
      const from = `from step ${step + 1} on ${value}`;
      rows[name] = rows[name] === undefined ? from : `${rows[name]}, ${from}`;
    }
    last = machine;
  }
  return rows;
}

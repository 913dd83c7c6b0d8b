import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ParityCheck } from './parity/line.ts';
import { checkMetrics } from './parity/metrics.ts';
import { checkSchedulers } from './parity/schedulers.ts';

/** The checks, by the part of the house that they prove. */
const checks: Record<string, ParityCheck> = { metrics: checkMetrics, schedulers: checkSchedulers };

const { values } = parseArgs({
  options: { fixtures: { type: 'string', default: process.env.MEDSEG_FIXTURES ?? '../shared/parity' } },
});
if (!existsSync(values.fixtures)) {
  console.error(`parity: no fixtures in ${values.fixtures}; pass --fixtures DIR`);
  process.exit(1);
}
let total = 0;
let short = 0;
for (const check of Object.values(checks)) {
  for await (const { name, error, tolerance } of check(values.fixtures)) {
    const ok = error <= tolerance;
    total++;
    if (!ok) short++;
    console.log(
      `${ok ? 'ok         ' : 'FALLS SHORT'} ${error.toExponential(2)} of ${tolerance.toExponential(0)}  ${name}`,
    );
  }
}
console.log(`${total - short} of ${total} within tolerance`);
process.exit(short === 0 && total > 0 ? 0 : 1);

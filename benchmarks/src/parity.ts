import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parityBackends } from './parity/backends.ts';
import type { ParityCheck } from './parity/line.ts';
import { checkMetrics } from './parity/metrics.ts';
import { checkOfficial } from './parity/official.ts';
import { checkSchedulers } from './parity/schedulers.ts';
import { checkTraining } from './parity/training.ts';
import { checkTwinUnets } from './parity/twin-unets.ts';

// Our numbers against those of the references.
// npm run parity [-- --fixtures DIR] [--backend cpu | wasm | native]

/** The checks, by the part of the house that they prove. */
const checks: Record<string, ParityCheck> = {
  metrics: checkMetrics,
  schedulers: checkSchedulers,
  official: checkOfficial,
  twinUnets: checkTwinUnets,
  training: checkTraining,
};

const { values } = parseArgs({
  options: {
    fixtures: { type: 'string', default: process.env.MEDSEG_FIXTURES ?? '../shared/parity' },
    backend: { type: 'string' },
  },
});
if (!existsSync(values.fixtures)) {
  console.error(`parity: no fixtures in ${values.fixtures}; pass --fixtures DIR`);
  process.exit(1);
}
const backends = parityBackends(values.backend);
let total = 0;
let short = 0;
for (const [part, check] of Object.entries(checks)) {
  try {
    for await (const { name, error, tolerance } of check(values.fixtures, backends)) {
      const ok = error <= tolerance;
      total++;
      if (!ok) short++;
      const verdict = ok ? 'ok         ' : 'FALLS SHORT';
      console.log(`${verdict} ${error.toExponential(2)} of ${tolerance.toExponential(0)}  ${name}`);
    }
  } catch (error) {
    total++;
    short++;
    console.log(`FALLS SHORT: the ${part} fixtures cannot be read: ${(error as Error).message}`);
  }
}
console.log(`${total - short} of ${total} within tolerance`);
process.exit(short === 0 && total > 0 ? 0 : 1);

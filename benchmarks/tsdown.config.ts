import type { UserConfig } from 'tsdown';
import { library } from '../tsdown.base.ts';

const config: UserConfig = {
  ...library(['src/convergence.ts', 'src/metrics.ts', 'src/parity.ts', 'src/scheduler.ts']),
  platform: 'node',
  dts: false,
};

export default config;

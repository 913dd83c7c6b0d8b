import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = {
  ...library(['src/cli.ts', 'src/replica-worker.ts', 'src/run-worker.ts']),
  platform: 'node',
  dts: false,
};

export default config;

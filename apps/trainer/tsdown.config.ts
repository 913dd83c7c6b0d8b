import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = {
  ...library({
    cli: 'src/cli.ts',
    'replica-worker': 'src/workers/replica-worker.ts',
    'run-worker': 'src/workers/run-worker.ts',
    'watchdog-thread': 'src/terminal/watchdog-thread.ts',
  }),
  platform: 'node',
  dts: false,
};

export default config;

import type { UserConfig } from 'tsdown';
import { library } from '../tsdown.base.ts';

const config: UserConfig = { ...library(['src/metrics.ts', 'src/parity.ts']), platform: 'node', dts: false };

export default config;

import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = { ...library(), platform: 'node' };

export default config;

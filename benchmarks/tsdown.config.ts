import type { UserConfig } from 'tsdown';
import { library } from '../tsdown.base.ts';

// Every file right under src is a program.
const config: UserConfig = { ...library(['src/*.ts']), platform: 'node', dts: false };

export default config;

import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = { ...library(['src/index.ts', 'src/node.ts']), deps: { neverBundle: [/^node:/] } };

export default config;

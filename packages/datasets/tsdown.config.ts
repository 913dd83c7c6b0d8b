import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = { ...library(['src/index.ts', 'src/node.ts', 'src/worker.ts']), external: [/^node:/] };

export default config;

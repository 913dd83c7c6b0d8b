import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = {
  ...library({ index: 'src/index.ts', node: 'src/node.ts', worker: 'src/loading/worker.ts' }),
  deps: { neverBundle: [/^node:/] },
};

export default config;
